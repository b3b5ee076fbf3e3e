"""The MM-DiT of the whole family (paper section 4): conditions and a noised latent to the velocity of the
flow.

Latent x [B, L, C], time t [B] from 0 (noise) to 1 (data), velocity v = data - noise [B, L, C]. `condition` is
computed once per generation, `velocity` at every step. One class serves the public MMAudio checkpoints and
the paper's shapes: the config says what a model has. Tensor names are those of the public checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..networks.attention import Attention, sdpa
from .blocks import AudioBlock, FinalBlock, JointBlock, Rotation
from .config import MMDiTConfig
from .features import Conditions, Features
from .inputs import JointConditioning
from .layers import TimeEmbedding
from .rope import rotations


class MMDiT(JointConditioning):
    def __init__(
        self,
        config: MMDiTConfig,
        *,
        operations: Any = nn,
        attention: Attention = sdpa,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.config, self.attention = config, attention
        self.compiled: Callable[[Tensor, Tensor, Conditions], Tensor] | None = None  # compiled.py
        dim, kw = config.hidden_dim, {"device": device, "dtype": dtype}
        self.register_buffer("latent_mean", torch.zeros(1, 1, config.latent_dim, device=device))
        self.register_buffer("latent_std", torch.ones(1, 1, config.latent_dim, device=device))
        self._build_inputs(config, operations, **kw)
        self.t_embed = TimeEmbedding(config.time_dim, config.time_max_period, dim, operations, **kw)
        self.joint_blocks = nn.ModuleList(
            JointBlock(config, last=i == config.joint_depth - 1, operations=operations, **kw)
            for i in range(config.joint_depth)
        )
        self.fused_blocks = nn.ModuleList(
            AudioBlock(config, operations=operations, **kw) for _ in range(config.audio_depth)
        )
        self.final_layer = FinalBlock(dim, config.latent_dim, operations, **kw)

    def velocity(
        self, x: Tensor, t: Tensor, conditions: Conditions, attention: Attention | None = None
    ) -> Tensor:
        """x [B, L, C], t [B] -> [B, L, C]. `attention` replaces the constructor's for this call."""
        length, tokens = conditions.align.shape[1], conditions.visual.shape[1]
        if x.shape[1] != length:
            raise InputError(
                f"the latent has {x.shape[1]} frames, the conditions were made for {length}: call "
                f"condition(features, latent_len={x.shape[1]})."
            )
        if self.compiled is not None:
            return self.compiled(x, t, conditions)
        turns = self.turns(length, tokens, length / tokens, x.device)
        return self.evaluate(x, t, conditions, turns, attention=attention or self.attention)

    def turns(
        self, length: int, tokens: int, scale: float, device: torch.device
    ) -> tuple[Rotation, Rotation]:
        """The positions of `length` latent frames and of `tokens` picture tokens, `scale` frames each."""
        head_dim = self.config.head_dim
        return rotations(length, head_dim, 1.0, device), rotations(tokens, head_dim, scale, device)

    def evaluate(
        self,
        x: Tensor,
        t: Tensor,
        conditions: Conditions,
        turns: tuple[Rotation, Rotation],
        kept: tuple[Tensor, Tensor] | None = None,
        attention: Attention = sdpa,
    ) -> Tensor:
        """`velocity` as tensors alone. `kept`: frames [1, L, 1] and picture tokens [1, Tv, 1] that are not
        padding, which then is neither attended nor convolved and may hold any finite numbers; `attention`
        must know of it as `sdpa` does."""
        visual, text = conditions.visual, conditions.text
        audio_kept = visual_kept = None
        joint_attention = audio_attention = attention
        if kept is not None:
            audio_kept, visual_kept = kept
            joint_kept = torch.cat((*kept, kept[0].new_ones(1, text.shape[1], 1)), dim=1)
            joint_attention = partial(attention, kept=joint_kept)
            audio_attention = partial(attention, kept=audio_kept)

        audio = self.audio_input_proj(x, audio_kept)
        overall = (self.t_embed(t, x.dtype) + conditions.overall)[:, None]
        per_frame = overall + conditions.align
        for block in self.joint_blocks:
            audio, visual, text = block(
                (audio, visual, text),
                (per_frame, overall, overall),
                (*turns, None),
                joint_attention,
                (audio_kept, visual_kept, None),
            )
        for block in self.fused_blocks:
            audio = block(audio, per_frame, turns[0], audio_attention, audio_kept)
        return self.final_layer(audio, overall, audio_kept)

    def forward(self, x: Tensor, t: Tensor, features: Features) -> Tensor:
        """One evaluation from raw features: what training calls."""
        return self.velocity(x, t, self.condition(features, x.shape[1], x.dtype))

    def normalize(self, latent: Tensor) -> Tensor:
        """Codec latent [B, L, C] -> the network's units (zero mean, unit deviation over the training set)."""
        return (latent - self.latent_mean.to(latent)) / self.latent_std.to(latent)

    def unnormalize(self, x: Tensor) -> Tensor:
        """The inverse of `normalize`."""
        return x * self.latent_std.to(x) + self.latent_mean.to(x)
