"""Joint conditioning (paper section 4.2, figure 2): encoder outputs to tokens, align feature and global
feature.

Inputs are projected by convolutions and gated MLPs; a missing modality enters as its learned empty embedding
and passes through the same projections. Pooling is the mean over tokens, up-sampling is nearest-exact (the
paper leaves both open; these are MMAudio's) or, for encoders whose tokens stand for instants, linear: that
keeps when a thing happens between two tokens, which our small model needs. Where the paper's figure adds to
MMAudio, `MMDiTConfig` says so:

- `sync_in_global`: the mean sync token joins the global vector;
- `align_visual`: the picture's tokens, brought to the latent's rate, join the align feature;
- `duration_rows`: seconds-start and seconds-total are looked up in learned per-second tables, concatenated
  with the sum of the pooled features and projected back to D (`global_cond_in`), before the shallow MLP that
  both families have. Seconds are rounded to the nearest row and the last row stands for all that is longer:
  our choice, the paper names neither.

One thing is our addition, and only the small model has it: `countdown_rows`. Each frame of the align feature
has added to it how many seconds are left until the source ends, read between the rows of a learned table
(row k: k seconds; the last row stands for all that is longer, row 0 for what lies behind the end). In the
global vector alone the duration is the same for all frames and positions are relative: the network has to
count its own length to know which frames are near the end, and a small one did not learn that
(docs/history.md).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..codec.presets import LATENT_RATE_44K
from ..errors import InputError
from ..networks.convolution import over_time
from ..networks.precision import PreciseBuffers
from .config import MMDiTConfig
from .features import Conditions, Features
from .layers import GatedConvMLP, GatedMLP, conv1d

SYNC_GROUP = 8  # tokens in a sync segment; each has a position embedding of its own
ACTIVATIONS = {"selu": nn.SELU, "silu": nn.SiLU}


class ConvInput(nn.Sequential):
    """Convolution of kernel 7, activation, gated convolution MLP: [B, N, C] -> [B, N, D]."""

    def __init__(self, dim_in: int, kernel: int, config: MMDiTConfig, operations: Any, **kw: Any) -> None:
        super().__init__(
            conv1d(operations, dim_in, config.hidden_dim, 7, bias=True, **kw),
            ACTIVATIONS[config.activation](),
            GatedConvMLP(config.hidden_dim, config.inner_dim, kernel, operations, **kw),
        )

    def forward(self, x: Tensor, kept: Tensor | None = None) -> Tensor:
        convolution, activation, mlp = self
        return mlp(activation(over_time(convolution, x, kept)), kept)


def token_input(
    dim_in: int, mlp: nn.Module, config: MMDiTConfig, operations: Any, **kw: Any
) -> nn.Sequential:
    """Linear, SiLU where the config says so, MLP: [B, N, C] -> [B, N, D]."""
    middle = [nn.SiLU()] if config.input_silu else []
    return nn.Sequential(operations.Linear(dim_in, config.hidden_dim, **kw), *middle, mlp)


def to_length(x: Tensor, length: int, upsampling: str) -> Tensor:
    """[B, N, D] -> [B, length, D]. Frame i lies at (i + 0.5) * N / length: "nearest" takes the token in whose
    span that is, "linear" reads between the middles of tokens."""
    mode = {"nearest": {"mode": "nearest-exact"}, "linear": {"mode": "linear", "align_corners": False}}
    return F.interpolate(x.transpose(1, 2), size=length, **mode[upsampling]).transpose(1, 2)


class JointConditioning(PreciseBuffers):
    """Mixed into the MM-DiT rather than held by it, so that tensor names stay those of the public
    checkpoints."""

    config: MMDiTConfig

    def _build_inputs(self, c: MMDiTConfig, operations: Any, **kw: Any) -> None:
        def empty(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.zeros(*shape, **kw))

        dim, inner = c.hidden_dim, c.inner_dim
        self.sync_pos_emb = empty(1, 1, SYNC_GROUP, c.sync_dim)
        self.empty_string_feat = empty(c.text_len, c.text_dim)
        self.empty_clip_feat = empty(1, c.visual_dim)
        self.empty_sync_feat = empty(1, c.sync_dim)
        self.audio_input_proj = ConvInput(c.latent_dim, 7, c, operations, **kw)
        self.sync_input_proj = ConvInput(c.sync_dim, 3, c, operations, **kw)
        self.clip_input_proj = token_input(
            c.visual_dim, GatedConvMLP(dim, inner, 3, operations, **kw), c, operations, **kw
        )
        self.text_input_proj = token_input(
            c.text_dim, GatedMLP(dim, inner, operations, **kw), c, operations, **kw
        )
        self.clip_cond_proj = operations.Linear(dim, dim, **kw)
        self.text_cond_proj = operations.Linear(dim, dim, **kw)
        self.global_cond_mlp = GatedMLP(dim, inner, operations, **kw)
        if c.sync_in_global:
            self.sync_cond_proj = operations.Linear(dim, dim, **kw)
        if c.align_visual:
            self.align_visual_proj = operations.Linear(dim, dim, **kw)
        if c.duration_rows is not None:
            self.seconds_start = operations.Embedding(c.duration_rows, dim, **kw)
            self.seconds_total = operations.Embedding(c.duration_rows, dim, **kw)
            self.global_cond_in = operations.Linear(3 * dim, dim, bias=False, **kw)
        if c.countdown_rows is not None:
            self.seconds_left = operations.Embedding(c.countdown_rows, dim, **kw)

    def condition(self, features: Features, latent_len: int, dtype: torch.dtype | None = None) -> Conditions:
        """Everything that depends neither on time nor on noise; once per generation. `dtype`: of the
        computation."""
        visual, sync, text = self._filled(features, dtype or self.empty_clip_feat.dtype)
        batch = max(t.shape[0] for t in (visual, sync, text, features.seconds_start, features.seconds_total))
        sync = sync.unflatten(1, (-1, SYNC_GROUP)) + self.sync_pos_emb.to(sync)
        sync = self.sync_input_proj(sync.flatten(1, 2))
        visual, text = self.clip_input_proj(visual), self.text_input_proj(text)
        align = to_length(sync, latent_len, self.config.upsampling)
        if self.config.align_visual:
            align = align + to_length(self.align_visual_proj(visual), latent_len, self.config.upsampling)
        if self.config.countdown_rows is not None:
            align = align + self._countdown(features, latent_len, align)
        overall = self.clip_cond_proj(visual.mean(1)) + self.text_cond_proj(text.mean(1))
        if self.config.sync_in_global:
            overall = overall + self.sync_cond_proj(sync.mean(1))
        if self.config.duration_rows is not None:
            parts = torch.broadcast_tensors(overall, *self._durations(features, overall))
            overall = self.global_cond_in(torch.cat(parts, dim=-1))
        overall = self.global_cond_mlp(overall)
        return Conditions(*(t.expand(batch, *t.shape[1:]) for t in (visual, text, align, overall)))

    def _filled(self, f: Features, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
        """Checks the features and puts the learned empties in place of the missing ones."""
        c, device = self.config, f.seconds_total.device
        for name, value, width in (
            ("visual", f.visual, c.visual_dim),
            ("sync", f.sync, c.sync_dim),
            ("text", f.text, c.text_dim),
        ):
            if value is not None and (value.ndim != 3 or value.shape[-1] != width):
                raise InputError(
                    f"{name} features are {tuple(value.shape)}, but this model takes [batch, tokens, {width}]"
                    f": use the {name} encoder that belongs to it."
                )
            device = device if value is None else value.device
        if f.sync_len % SYNC_GROUP:
            raise InputError(
                f"sync features have {f.sync_len} tokens: whole segments of {SYNC_GROUP} are needed."
            )
        visual = self.empty_clip_feat.expand(1, f.visual_len, -1) if f.visual is None else f.visual
        sync = self.empty_sync_feat.expand(1, f.sync_len, -1) if f.sync is None else f.sync
        text = self.empty_string_feat[None] if f.text is None else f.text
        return tuple(t.to(device=device, dtype=dtype) for t in (visual, sync, text))

    def _countdown(self, f: Features, latent_len: int, like: Tensor) -> Tensor:
        """[B, L, D]: what the table says of the seconds that are left at the middle of each frame."""
        at = (
            f.seconds_start[:, None]
            + (torch.arange(latent_len, device=f.seconds_start.device) + 0.5) / LATENT_RATE_44K
        )
        left = (f.seconds_total[:, None] - at).clamp(0, self.config.countdown_rows - 1).to(like.device)
        row = left.floor().long().clamp(max=self.config.countdown_rows - 2)
        lower, upper = self.seconds_left(torch.stack([row, row + 1])).to(like)
        return torch.lerp(lower, upper, (left - row).to(like)[..., None])

    def _durations(self, f: Features, like: Tensor) -> tuple[Tensor, Tensor]:
        """The two table rows, [B, D] each."""
        tables = (self.seconds_start, f.seconds_start), (self.seconds_total, f.seconds_total)
        last = self.config.duration_rows - 1
        start, total = (
            table(s.to(like.device).round().long().clamp(0, last)).to(like) for table, s in tables
        )
        return start, total
