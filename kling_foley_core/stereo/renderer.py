"""The stereo renderer: how much of every mel band goes left and right, from the mono mel and the video.

    mono log mel [B, M, T], sync features [B, Ts, Ds] or None  ->  gains [B, 2, M, T], left then right

Paper section 4.6 says one thing: only the ratios of the left and of the right mel to the mono mel are
predicted. Our choices where it is silent: the net gives one pan logit a per band and frame, and the ratios
are 2 sigmoid(a) and 2 - 2 sigmoid(a) = 2 sigmoid(-a). So they are never negative, (left + right) / 2 is the
mono input, and the level ratio of left to right is e^a, symmetric for both sides. Mono sound can't tell on
which side a thing is, so sync features of the video may steer the pan; figure 2 draws no such arrow. An
untrained net has a = 0: the sound in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import torch
from torch import Tensor, nn

from ..codec.checks import check_channels
from ..codec.chunks import chunks
from ..errors import InputError
from ..files.on_disk import let_go, room_for
from ..networks.temporal_block import TemporalBlock

DILATIONS = (1, 2, 4, 8)  # of successive blocks: about half a second of context on either side with kernel 7

CHUNK = 1024  # mel frames at a time: 12 s at 44.1 kHz


@dataclass(frozen=True)
class StereoConfig:
    """Shape of the renderer."""

    n_mels: int
    hidden: int
    layers: int
    kernel: int
    sync_dim: int | None  # width of the sync features, None for a renderer of the mel alone

    def __post_init__(self) -> None:
        if self.kernel % 2 == 0:
            raise ValueError(
                f"StereoConfig.kernel = {self.kernel}: it must be odd to keep the frames in place."
            )


class StereoRenderer(nn.Module):
    """Convolutions over time; runs in the mel's number type, the gains come out in float32."""

    def __init__(
        self,
        config: StereoConfig,
        *,
        operations: ModuleType = nn,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        factory = {"device": device, "dtype": dtype}
        hidden, kernel = config.hidden, config.kernel
        self.embed = operations.Conv1d(config.n_mels, hidden, kernel, padding=kernel // 2, **factory)
        self.norm_in = operations.LayerNorm(hidden, **factory)
        if config.sync_dim is not None:
            self.sync_norm = operations.LayerNorm(config.sync_dim, **factory)
            self.sync_proj = operations.Linear(config.sync_dim, hidden, **factory)
        self.blocks = nn.ModuleList(
            TemporalBlock(hidden, kernel, DILATIONS[i % len(DILATIONS)], operations, **factory)
            for i in range(config.layers)
        )
        self.norm_out = operations.LayerNorm(hidden, **factory)
        self.head = operations.Linear(hidden, config.n_mels, **factory)
        for p in self.head.parameters():  # none yet where a host makes weights only when it loads them
            nn.init.zeros_(p)

    def forward(self, log_mel: Tensor, sync: Tensor | None = None) -> Tensor:
        """Pan logit [B, M, T] float32; above zero is left."""
        check_channels(log_mel, "log mel", self.config.n_mels)
        near, frames = None, log_mel.shape[-1]
        if sync is not None:
            self._check_sync(sync, log_mel.shape[0])
            near = self._projected(sync, frames, slice(0, frames), log_mel)
        return self._pan(log_mel, near)

    def _pan(self, log_mel: Tensor, near: Tensor | None) -> Tensor:
        """The same with what of the sync features lies beside each frame, [B, T, hidden]."""
        x = self.norm_in(self.embed(log_mel).transpose(1, 2))
        if near is not None:
            x = x + near
        x = x.transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm_out(x.transpose(1, 2))).float().transpose(1, 2)

    def gains(self, log_mel: Tensor, sync: Tensor | None = None, chunk: int = CHUNK) -> Tensor:
        """[B, 2, M, T] float32, each >= 0, left + right = 2; `chunk` frames at a time, which bounds memory
        and changes nothing but the order of float sums."""
        check_channels(log_mel, "log mel", self.config.n_mels)
        batch, bands, frames = log_mel.shape
        if sync is not None:
            self._check_sync(sync, batch)
        gains = room_for(batch, 2, bands, frames, device=log_mel.device) if frames > chunk else None
        for part in chunks(frames, chunk, self.reach):
            here = slice(part.left, part.right)
            near = None if sync is None else self._projected(sync, frames, here, log_mel)
            left = 2 * torch.sigmoid(part.kept(self._pan(log_mel[..., here], near)))
            both = torch.stack([left, 2 - left], dim=1)
            if gains is None:
                return both
            gains[..., part.start : part.stop] = both
            let_go(gains, log_mel)
        return gains

    @property
    def reach(self) -> int:
        """Mel frames on either side that the gains of one depend on."""
        spread = [DILATIONS[i % len(DILATIONS)] for i in range(self.config.layers)]
        return self.config.kernel // 2 * (1 + sum(spread))

    def _check_sync(self, sync: Tensor, batch: int) -> None:
        width = self.config.sync_dim
        if width is None:
            raise InputError(
                "sync features were given, but this stereo renderer has no input for them; leave them out."
            )
        if sync.ndim != 3 or sync.shape[0] != batch or sync.shape[1] < 1 or sync.shape[2] != width:
            raise InputError(
                f"sync features have shape {list(sync.shape)}, but [{batch}, tokens, {width}] is "
                "needed; use the sync encoder that the stereo renderer was trained with."
            )

    def _projected(self, sync: Tensor, frames: int, here: slice, like: Tensor) -> Tensor:
        """[B, Ts, Ds] -> [B, T, hidden]: the token nearest in time for each of the mel frames `here` of
        `frames`, projected."""
        tokens = sync.shape[1]
        # "Nearest-exact", floor((i + 1/2) * tokens / frames), in whole numbers.
        nearest = (2 * torch.arange(here.start, here.stop) + 1) * tokens // (2 * frames)
        first, last = int(nearest[0]), int(nearest[-1])
        projected = self.sync_proj(self.sync_norm(sync[:, first : last + 1].to(like)))
        return projected.index_select(1, (nearest - first).to(projected.device))
