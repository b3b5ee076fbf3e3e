"""The MM-DiT of the whole family (paper section 4): conditions and a noised latent to the velocity of the
flow.

Latent x [B, L, C], time t [B] from 0 (noise) to 1 (data), velocity v = data - noise [B, L, C]. `condition` is
computed once per generation, `velocity` at every step. One class serves the public MMAudio checkpoints and
the paper's shapes: the config says what a model has. Tensor names are those of the public checkpoints.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..networks.attention import Attention, sdpa
from .blocks import AudioBlock, FinalBlock, JointBlock
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
        attention = attention or self.attention
        if x.shape[1] != conditions.align.shape[1]:
            raise InputError(
                f"the latent has {x.shape[1]} frames, the conditions were made for "
                f"{conditions.align.shape[1]}: call condition(features, latent_len={x.shape[1]})."
            )
        visual, text = conditions.visual, conditions.text
        head_dim, length = self.config.head_dim, x.shape[1]
        audio_turn = rotations(length, head_dim, 1.0, x.device)
        visual_turn = rotations(visual.shape[1], head_dim, length / visual.shape[1], x.device)

        audio = self.audio_input_proj(x)
        overall = (self.t_embed(t, x.dtype) + conditions.overall)[:, None]
        per_frame = overall + conditions.align
        for block in self.joint_blocks:
            audio, visual, text = block(
                (audio, visual, text),
                (per_frame, overall, overall),
                (audio_turn, visual_turn, None),
                attention,
            )
        for block in self.fused_blocks:
            audio = block(audio, per_frame, audio_turn, attention)
        return self.final_layer(audio, overall)

    def forward(self, x: Tensor, t: Tensor, features: Features) -> Tensor:
        """One evaluation from raw features: what training calls."""
        return self.velocity(x, t, self.condition(features, x.shape[1], x.dtype))

    def normalize(self, latent: Tensor) -> Tensor:
        """Codec latent [B, L, C] -> the network's units (zero mean, unit deviation over the training set)."""
        return (latent - self.latent_mean.to(latent)) / self.latent_std.to(latent)

    def unnormalize(self, x: Tensor) -> Tensor:
        """The inverse of `normalize`."""
        return x * self.latent_std.to(x) + self.latent_mean.to(x)
