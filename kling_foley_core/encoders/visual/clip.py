"""CLIP's vision tower as the visual-semantic encoder: one L2-normalised vector a frame.

frames uint8 [B, T, 3, S, S] -> [B, T, projection]

The paper's encoder is MetaCLIP ViT-bigG-14 (fact sheet 1.1); the public MMAudio weights want DFN5B ViT-H-14
(specification 5.1). Both are plain CLIP towers, so one class serves both. Pooled vectors at 8 frames a
second: paper silent, MMAudio's practice. Frames are independent of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...media.views import FrameView
from ...networks.attention import sdpa
from ...progress import Progress, silent
from ...timing import VISUAL_FPS
from ..clip_layers import EPS, ClipTransformer
from ..frames import check_frames
from ..parts import FrameEncoder, Part, frame_by_frame
from ..place import at_once, computing_place
from ..repeats import encode_each

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
CHUNK = 16  # frames at a time on a GPU: about 0.6 GB for ViT-H at 378 px in float32
PART = 64  # frames of a long clip that are held


@dataclass(frozen=True)
class VisualConfig:
    width: int
    layers: int
    heads: int
    mlp: int
    patch: int
    image_size: int  # what the positions cover
    input_size: int  # what the frames are resized to; the rest beyond image_size is cut off
    projection: int
    activation: str = "quick_gelu"


class ClipVisualEncoder(FrameEncoder):
    """Parameters are named as in transformers' CLIP files, see clip_layers.py."""

    def __init__(
        self,
        config: VisualConfig,
        *,
        operations: Any = torch.nn,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.view = FrameView(VISUAL_FPS, config.input_size, "stretch")
        self.dim = config.projection
        place = {"device": device, "dtype": dtype}
        self.vision_model = VisionTower(config, operations=operations, **place)
        self.visual_projection = operations.Linear(config.width, config.projection, bias=False, **place)

    def forward(
        self,
        frames: Tensor,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        progress: Progress = silent,
    ) -> Tensor:
        """Gradients are kept where the caller keeps them: wrap in torch.no_grad() to bound the memory."""
        check_frames(frames, self.config.input_size, 1, "visual encoder")
        device, dtype = computing_place(self.visual_projection.weight, device, dtype)

        def encode(some: Tensor) -> Tensor:
            pixels = self.pixels(some.to(device)).to(dtype)
            vectors = self.visual_projection(self.vision_model(pixels))
            return F.normalize(vectors.float(), dim=-1).to(dtype)

        each = frames.flatten(0, 1)
        vectors = encode_each(each, encode, at_once(device, CHUNK), "visual features", progress)
        return vectors.view(*frames.shape[:2], self.dim)

    def parts(self, frames: int) -> list[Part]:
        return frame_by_frame(frames, PART)

    def pixels(self, frames: Tensor) -> Tensor:
        """uint8 [N, 3, S, S] -> normalised float32 [N, 3, image_size, image_size].

        DFN5B's 384 px frames meet positions for 378: 27 patches of 14 fit, and the rows and columns beyond
        are never seen. Cutting them off says the same; resizing to 378 would be other pixels.
        """
        size = self.config.image_size
        mean = torch.tensor(MEAN, device=frames.device).view(3, 1, 1)
        std = torch.tensor(STD, device=frames.device).view(3, 1, 1)
        return (frames[..., :size, :size].float() / 255 - mean) / std


class VisionTower(nn.Module):
    """Pixels [N, 3, image_size, image_size] -> the class token after the last norm [N, width]."""

    def __init__(self, config: VisualConfig, *, operations: Any, **place: Any) -> None:
        super().__init__()
        self.embeddings = PatchEmbeddings(config, operations=operations, **place)
        self.pre_layrnorm = operations.LayerNorm(config.width, eps=EPS, **place)  # transformers' spelling
        self.encoder = ClipTransformer(config, operations=operations, attention=sdpa, **place)
        self.post_layernorm = operations.LayerNorm(config.width, eps=EPS, **place)

    def forward(self, pixels: Tensor) -> Tensor:
        tokens = self.pre_layrnorm(self.embeddings(pixels))
        return self.post_layernorm(self.encoder(tokens, first_only=True)[:, 0])


class PatchEmbeddings(nn.Module):
    """Class token and patches with their positions [N, 1 + patches, width]; the raw class token is cast at
    use, since a host may store it in another type."""

    def __init__(self, config: VisualConfig, *, operations: Any, **place: Any) -> None:
        super().__init__()
        width, patch = config.width, config.patch
        self.class_embedding = nn.Parameter(torch.empty(width, **place))
        nn.init.normal_(self.class_embedding, std=width**-0.5)
        self.patch_embedding = operations.Conv2d(3, width, patch, stride=patch, bias=False, **place)
        places = 1 + (config.image_size // patch) ** 2
        self.position_embedding = operations.Embedding(places, width, **place)

    def forward(self, pixels: Tensor) -> Tensor:
        patches = self.patch_embedding(pixels).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.class_embedding.to(patches).expand(len(patches), 1, -1), patches], dim=1)
        places = torch.arange(tokens.shape[1], device=tokens.device)
        return tokens + self.position_embedding(places).to(tokens.dtype)
