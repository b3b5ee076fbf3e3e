"""Synchformer's visual half: what moves when, as 8 tokens for each segment of 16 frames (specification 5.3).

frames uint8 [B, T, 3, S, S] at 25 a second -> [B, 8 * segments, D]; a segment starts every 8 frames

A video ViT with divided space-time attention whose places are pooled for each time, and times are not
(Synchformer, Iashin et al., ICASSP 2024; fact sheet 1.1: the paper's "align" encoder). Each segment is
encoded on its own. Names are the public file's after `vfeat_extractor.`, without `patch_embed.proj`: a 2-D
convolution that the file carries and the network never used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from einops import rearrange
from torch import Tensor, nn

from ...errors import InputError
from ...media.views import FrameView
from ...networks.attention import Attention, sdpa
from ...progress import Progress, silent
from ...timing import SYNC_FPS, SYNC_SEGMENT, SYNC_STEP, SYNC_TOKENS_PER_SEGMENT
from ..frames import check_frames
from ..parts import FrameEncoder, Part
from ..place import at_once, computing_place
from ..repeats import encode_each
from .layers import EPS, DividedBlock, SpatialAggregation

CHUNK = 8  # segments at a time on a GPU: about 0.5 GB for the public size in float32
PART = 24  # segments of a long clip whose frames are held: 8 s


@dataclass(frozen=True)
class SynchformerConfig:
    image_size: int
    patch: int
    patch_frames: int
    dim: int
    depth: int
    heads: int


class Synchformer(FrameEncoder):
    def __init__(
        self,
        config: SynchformerConfig,
        *,
        operations: Any = torch.nn,
        attention: Attention = sdpa,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        _check(config)
        self.config = config
        self.view = FrameView(SYNC_FPS, config.image_size, "crop", min_frames=SYNC_SEGMENT)
        self.dim = config.dim
        self.times = SYNC_SEGMENT // config.patch_frames
        dim, places = config.dim, (config.image_size // config.patch) ** 2
        place = {"device": device, "dtype": dtype}
        layers = {"operations": operations, "attention": attention, **place}
        self.cls_token = _small_random(1, 1, dim, **place)
        self.pos_embed = _small_random(1, 1 + places, dim, **place)
        self.temp_embed = _small_random(1, self.times, dim, **place)
        self.patch_embed_3d = Patches3d(config, operations=operations, **place)
        self.blocks = nn.ModuleList(DividedBlock(dim, config.heads, **layers) for _ in range(config.depth))
        self.norm = operations.LayerNorm(dim, eps=EPS, **place)
        self.spatial_attn_agg = SpatialAggregation(dim, config.heads, operations=operations, **place)

    def forward(
        self,
        frames: Tensor,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        progress: Progress = silent,
    ) -> Tensor:
        """Frames after the last whole segment are not seen. Wrap in torch.no_grad() to bound the memory."""
        check_frames(frames, self.config.image_size, SYNC_SEGMENT, "sync encoder")
        device, dtype = computing_place(self.patch_embed_3d.proj.weight, device, dtype)
        segments = [
            clip[start : start + SYNC_SEGMENT]
            for clip in frames
            for start in range(0, len(clip) - SYNC_SEGMENT + 1, SYNC_STEP)
        ]

        def encode(some: Tensor) -> Tensor:
            return self.encode_segments((some.to(device).float() / 255 * 2 - 1).to(dtype))

        features = encode_each(segments, encode, at_once(device, CHUNK), "sync features", progress)
        return features.view(len(frames), -1, self.dim)

    def parts(self, frames: int) -> list[Part]:
        """Segments are looked at one by one; a part's last frames are the next one's first."""
        segments = max((frames - SYNC_SEGMENT) // SYNC_STEP + 1, 1)
        if segments <= PART:
            return [Part(0, frames, 0, SYNC_TOKENS_PER_SEGMENT * segments)]
        spans = [(a, min(a + PART, segments)) for a in range(0, segments, PART)]
        return [
            Part(
                SYNC_STEP * a,
                SYNC_STEP * (b - 1) + SYNC_SEGMENT,
                SYNC_TOKENS_PER_SEGMENT * a,
                SYNC_TOKENS_PER_SEGMENT * b,
            )
            for a, b in spans
        ]

    def encode_segments(self, segments: Tensor) -> Tensor:
        """Segments [N, 16, 3, S, S] in [-1, 1] -> [N, 8, D]."""
        x = self.embed(segments)
        for block in self.blocks:
            x = block(x, self.times)
        x = self.norm(x[:, 1:])
        x = self.spatial_attn_agg(rearrange(x, "n (t p) d -> (n t) p d", t=self.times))
        return rearrange(x, "(n t) d -> n t d", t=self.times)

    def embed(self, segments: Tensor) -> Tensor:
        """Patches with their places and times, after the class token: [N, 1 + T * P, D]."""
        x = self.patch_embed_3d(segments)
        places, times = self.pos_embed.to(x), self.temp_embed.to(x)
        positions = rearrange(places[:, None, 1:] + times[:, :, None], "n t p d -> n (t p) d")
        token = (self.cls_token.to(x) + places[:, :1]).expand(len(x), -1, -1)
        return torch.cat([token, x + positions], dim=1)


class Patches3d(nn.Module):
    """[N, F, 3, S, S] -> [N, T * P, D], time-major; patches do not overlap."""

    def __init__(self, config: SynchformerConfig, *, operations: Any, **place: Any) -> None:
        super().__init__()
        size = (config.patch_frames, config.patch, config.patch)
        self.proj = operations.Conv3d(3, config.dim, size, stride=size, **place)

    def forward(self, segments: Tensor) -> Tensor:
        return self.proj(rearrange(segments, "n f c h w -> n c f h w")).flatten(2).transpose(1, 2)


def _small_random(*shape: int, device: torch.device | str | None, dtype: torch.dtype | None) -> nn.Parameter:
    return nn.Parameter(nn.init.trunc_normal_(torch.empty(shape, device=device, dtype=dtype), std=0.02))


def _check(config: SynchformerConfig) -> None:
    if config.image_size % config.patch:
        raise InputError(
            f"image_size = {config.image_size} is no multiple of patch = {config.patch}; choose one that is."
        )
    if config.dim % config.heads:
        raise InputError(f"dim = {config.dim} does not split into heads = {config.heads}; choose a multiple.")
    if config.patch_frames * SYNC_TOKENS_PER_SEGMENT != SYNC_SEGMENT:
        wanted = SYNC_SEGMENT // SYNC_TOKENS_PER_SEGMENT
        raise InputError(
            f"patch_frames = {config.patch_frames} does not give {SYNC_TOKENS_PER_SEGMENT} tokens "
            f"for each segment of {SYNC_SEGMENT} frames; use {wanted}."
        )
