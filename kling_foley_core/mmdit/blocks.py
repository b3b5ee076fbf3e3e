"""Transformer blocks: one stream's two residual lines, the joint block over three streams, the audio-only
block.

SD3's MM-DiT block (paper section 4.2): queries, keys and values of audio, picture and text are concatenated,
attend once, and are split again. x is [B, N, D]; the condition c is [B, N, D] for audio (per frame) and [B,
1, D] for the others. Of a padded stream `kept` [1, N, 1] says what is not padding.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..networks.attention import Attention
from ..networks.convolution import over_time
from .config import MMDiTConfig
from .layers import GatedConvMLP, GatedMLP, conv1d, layer_norm, modulate
from .rope import rotate

# float32's epsilon; RMSNorm's default may follow the input's dtype, which changes half-precision results.
RMS_EPS = 1.1920929e-07
Rotation = tuple[Tensor, Tensor]


class HeadsIn(nn.Module):
    """q, k, v of one stream: [B, N, D] -> three of [B, H, N, d], normalised per head and rotated."""

    def __init__(self, dim: int, heads: int, operations: Any, **kw: Any) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = operations.Linear(dim, 3 * dim, **kw)
        self.q_norm = operations.RMSNorm(dim // heads, eps=RMS_EPS, **kw)
        self.k_norm = operations.RMSNorm(dim // heads, eps=RMS_EPS, **kw)

    def forward(self, x: Tensor, rotation: Rotation | None) -> tuple[Tensor, Tensor, Tensor]:
        # The checkpoints interleave q, k and v innermost: output channel = (head * d + c) * 3 + which.
        q, k, v = self.qkv(x).unflatten(-1, (self.heads, -1, 3)).transpose(1, 2).unbind(-1)
        q, k = self.q_norm(q), self.k_norm(k)
        if rotation is not None:
            q, k = rotate(q, rotation), rotate(k, rotation)
        return q, k, v.contiguous()


class StreamBlock(nn.Module):
    """One stream's part of a block. `kernel` > 1: its projections look at neighbours in time; 1: token by
    token.

    `final`: the stream only offers keys and values and ends here (the picture and text of the last joint
    block).
    """

    def __init__(self, c: MMDiTConfig, kernel: int, final: bool, operations: Any, **kw: Any) -> None:
        super().__init__()
        dim, inner = c.hidden_dim, c.inner_dim
        self.attn = HeadsIn(dim, c.num_heads, operations, **kw)
        self.kernel = kernel
        chunks = 2 if final else 6
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), operations.Linear(dim, chunks * dim, **kw))
        if final:
            return
        if kernel > 1:
            self.linear1 = conv1d(operations, dim, dim, kernel, bias=True, **kw)
            self.ffn = GatedConvMLP(dim, inner, kernel, operations, **kw)
        else:
            self.linear1 = operations.Linear(dim, dim, **kw)
            self.ffn = GatedMLP(dim, inner, operations, **kw)

    def attention_inputs(self, x: Tensor, modulation: tuple[Tensor, ...], rotation: Rotation | None):
        shift, scale = modulation[:2]
        return self.attn(modulate(layer_norm(x), shift, scale), rotation)

    def modulation(self, c: Tensor) -> tuple[Tensor, ...]:
        """shift, scale, gate for attention, then for the MLP; a final stream has the first two only."""
        out = self.adaLN_modulation(c)
        return out.chunk(out.shape[-1] // c.shape[-1], dim=-1)

    def residuals(
        self, x: Tensor, attended: Tensor, modulation: tuple[Tensor, ...], kept: Tensor | None = None
    ) -> Tensor:
        """attended [B, H, N, d]: x + gated projection of it, then + gated MLP."""
        _, _, gate_a, shift_m, scale_m, gate_m = modulation
        attended = attended.transpose(1, 2).flatten(2)
        over = self.kernel > 1
        x = x + (over_time(self.linear1, attended, kept) if over else self.linear1(attended)) * gate_a
        y = modulate(layer_norm(x), shift_m, scale_m)
        return x + (self.ffn(y, kept) if over else self.ffn(y)) * gate_m


class AudioBlock(StreamBlock):
    """An audio-only block (paper: N2 of them): self-attention over the latent, same two residual lines."""

    def __init__(self, c: MMDiTConfig, operations: Any, **kw: Any) -> None:
        super().__init__(c, kernel=3, final=False, operations=operations, **kw)

    def forward(
        self, x: Tensor, c: Tensor, rotation: Rotation, attention: Attention, kept: Tensor | None = None
    ) -> Tensor:
        modulation = self.modulation(c)
        attended = attention(*self.attention_inputs(x, modulation, rotation))
        return self.residuals(x, attended, modulation, kept)


class JointBlock(nn.Module):
    """Audio, picture and text in one attention (paper: N1 of them)."""

    def __init__(self, c: MMDiTConfig, last: bool, operations: Any, **kw: Any) -> None:
        super().__init__()
        self.last = last
        self.latent_block = StreamBlock(c, kernel=3, final=False, operations=operations, **kw)
        self.clip_block = StreamBlock(c, kernel=3, final=last, operations=operations, **kw)
        self.text_block = StreamBlock(c, kernel=1, final=last, operations=operations, **kw)

    def forward(
        self,
        streams: tuple[Tensor, Tensor, Tensor],
        conditions: tuple[Tensor, Tensor, Tensor],
        rotations: tuple[Rotation, Rotation, None],
        attention: Attention,
        kept: tuple[Tensor | None, Tensor | None, None] = (None, None, None),
    ) -> tuple[Tensor, Tensor, Tensor]:
        """streams: audio [B, L, D], picture [B, Tv, D], text [B, Tt, D], in this order everywhere."""
        blocks = (self.latent_block, self.clip_block, self.text_block)
        modulations = [b.modulation(c) for b, c in zip(blocks, conditions, strict=True)]
        heads = [
            b.attention_inputs(x, m, r)
            for b, x, m, r in zip(blocks, streams, modulations, rotations, strict=True)
        ]
        q, k, v = (torch.cat(parts, dim=2) for parts in zip(*heads, strict=True))
        attended = attention(q, k, v).split([x.shape[1] for x in streams], dim=2)
        audio = self.latent_block.residuals(streams[0], attended[0], modulations[0], kept[0])
        if self.last:
            return audio, streams[1], streams[2]
        visual, text = (blocks[i].residuals(streams[i], attended[i], modulations[i], kept[i]) for i in (1, 2))
        return audio, visual, text


class FinalBlock(nn.Module):
    """Adaptive LayerNorm and a convolution: hidden [B, L, D], condition [B, 1, D] -> velocity [B, L, C].

    The condition is the global vector alone, not the per-frame one: the public checkpoints were trained so.
    """

    def __init__(self, dim: int, latent_dim: int, operations: Any, **kw: Any) -> None:
        super().__init__()
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), operations.Linear(dim, 2 * dim, **kw))
        self.conv = conv1d(operations, dim, latent_dim, 7, bias=True, **kw)

    def forward(self, x: Tensor, c: Tensor, kept: Tensor | None = None) -> Tensor:
        shift, scale = self.adaLN_modulation(c).chunk(2, dim=-1)
        return over_time(self.conv, modulate(layer_norm(x), shift, scale), kept)
