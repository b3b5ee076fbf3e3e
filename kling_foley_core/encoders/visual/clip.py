"""CLIP's vision tower as the visual-semantic encoder: one L2-normalised vector a frame.

frames uint8 [B, T, 3, S, S] -> [B, T, projection]

The paper's encoder is MetaCLIP ViT-bigG-14 (fact sheet 1.1); the public MMAudio weights want DFN5B ViT-H-14
(specification 5.1). Both are plain CLIP towers, so one class over transformers' serves both. Pooled vectors
at 8 frames a second: paper silent, MMAudio's practice. Frames are independent of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...media.views import FrameView
from ...progress import Progress, silent
from ...timing import VISUAL_FPS
from ..frames import check_frames
from ..host_layers import build_model, computing_place
from ..parts import FrameEncoder, Part, frame_by_frame

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
CHUNK = 16  # frames at a time: about 0.6 GB for ViT-H at 378 px in float32, whatever the clip's length
PART = 4 * CHUNK  # frames of a long clip that are held


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
    """Parameters are named as in transformers' CLIP files. Attention is transformers' own (SDPA)."""

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
        model = build_model(lambda: _transformers_model(config), operations, device, dtype)
        self.vision_model = model.vision_model
        self.visual_projection = model.visual_projection
        self.vision_model.embeddings = PatchEmbeddings(self.vision_model.embeddings)

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
        batch, count = frames.shape[:2]
        device, dtype = computing_place(self.visual_projection.weight, device, dtype)
        features = []
        done, total = 0, batch * count
        for clip in frames:
            for chunk in clip.split(CHUNK):
                pixels = self.pixels(chunk.to(device)).to(dtype)
                vectors = self.visual_projection(self.vision_model(pixel_values=pixels).pooler_output)
                features.append(F.normalize(vectors.float(), dim=-1).to(dtype))
                done += len(chunk)
                progress("visual features", done, total)
        return torch.cat(features).view(batch, count, self.dim)

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


class PatchEmbeddings(nn.Module):
    """[N, 3, image_size, image_size] -> class token and patches with positions [N, 1 + patches, width].

    Takes over the layers of transformers' module of the same place, whose forward pass would round the pixels
    to the type in which the weights are stored; here the type of the pixels counts, and the raw class token
    is cast at use.
    """

    def __init__(self, original: nn.Module) -> None:
        super().__init__()
        self.class_embedding = original.class_embedding
        self.patch_embedding = original.patch_embedding
        self.position_embedding = original.position_embedding

    def forward(self, pixel_values: Tensor, **_: object) -> Tensor:
        patches = self.patch_embedding(pixel_values).flatten(2).transpose(1, 2)
        token = self.class_embedding.to(device=patches.device, dtype=patches.dtype).expand(
            len(patches), 1, -1
        )
        tokens = torch.cat([token, patches], dim=1)
        places = torch.arange(tokens.shape[1], device=tokens.device)
        return tokens + self.position_embedding(places).to(tokens.dtype)


def _transformers_model(config: VisualConfig) -> nn.Module:
    from transformers import (
        CLIPVisionConfig,
        CLIPVisionModelWithProjection,
    )  # seconds to import: only when needed

    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=config.width,
            intermediate_size=config.mlp,
            projection_dim=config.projection,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            image_size=config.image_size,
            patch_size=config.patch,
            hidden_act=config.activation,
            layer_norm_eps=1e-5,
            attn_implementation="sdpa",
        )
    )
