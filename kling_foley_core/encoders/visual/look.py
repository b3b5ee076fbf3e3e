"""The small visual encoder: what a frame shows, as one vector.

    frames uint8 [B, T, 3, S, S] at 8 a second -> [B, T, projection]

Our choice, for training on two CPU cores: convolutions that halve the picture, then means over columns (a
rough "where") and maxima over everything (things are small). Frames are independent of each other, as in
CLIP's towers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import InputError
from ...media.views import FrameView
from ...networks.attention import Attention, sdpa
from ...progress import Progress, silent
from ...timing import VISUAL_FPS
from ..frames import check_frames
from ..parts import FrameEncoder, Part, frame_by_frame
from ..place import computing_place
from ..repeats import encode_each

CHUNK = 64  # frames at a time
COLUMNS = 4
GROUPS = 8  # of the norm before the pooling


@dataclass(frozen=True)
class LookConfig:
    image_size: int
    widths: tuple[int, ...]  # channels after each halving of the picture
    projection: int

    def __post_init__(self) -> None:
        step = COLUMNS * 2 ** len(self.widths)
        if self.image_size % step or self.widths[-1] % GROUPS:
            raise InputError(f"{self}: image_size must be a multiple of {step}, the last width of {GROUPS}.")


class LookEncoder(FrameEncoder):
    def __init__(
        self,
        config: LookConfig,
        *,
        operations: Any = torch.nn,
        attention: Attention = sdpa,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        """`attention` is every encoder's argument; this one has none."""
        super().__init__()
        self.config = config
        self.view = FrameView(VISUAL_FPS, config.image_size, "stretch")
        self.dim = config.projection
        place = {"device": device, "dtype": dtype}
        channels = [3, *config.widths]
        self.halvings = nn.ModuleList(
            Stage(a, b, operations, **place) for a, b in zip(channels, config.widths, strict=False)
        )
        self.map_norm = operations.GroupNorm(GROUPS, config.widths[-1], **place)
        self.project = operations.Linear((COLUMNS + 1) * config.widths[-1], config.projection, **place)
        self.norm = operations.LayerNorm(config.projection, **place)

    def forward(
        self,
        frames: Tensor,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        progress: Progress = silent,
    ) -> Tensor:
        """Wrap in torch.no_grad() to bound the memory."""
        check_frames(frames, self.config.image_size, 1, "visual encoder")
        device, dtype = computing_place(self.project.weight, device, dtype)

        def encode(some: Tensor) -> Tensor:
            return self._look((some.to(device).float() / 127.5 - 1).to(dtype))

        vectors = encode_each(frames.flatten(0, 1), encode, CHUNK, "visual features", progress)
        return vectors.view(*frames.shape[:2], self.dim)

    def parts(self, frames: int) -> list[Part]:
        return frame_by_frame(frames, CHUNK)

    @torch.no_grad()
    def start_loud(self) -> None:
        """Before training: weights that keep the signal's size, and no biases, or all pictures look alike."""
        for stage in self.halvings:
            for layer in (stage.down, stage.conv):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                layer.bias.zero_()
        self.project.bias.zero_()

    def _look(self, x: Tensor) -> Tensor:
        """[N, 3, S, S] -> [N, projection]."""
        x = x.contiguous(memory_format=torch.channels_last)
        for stage in self.halvings:
            x = stage(x)
        x = self.map_norm(x)
        columns = F.adaptive_avg_pool2d(x, (1, COLUMNS)).flatten(1)
        return self.norm(self.project(torch.cat([columns, x.amax((2, 3))], dim=1)))


class Stage(nn.Module):
    """[N, a, S, S] -> [N, b, S / 2, S / 2]: a convolution of stride 2, and a residual one on top of it."""

    def __init__(self, width_in: int, width_out: int, operations: Any, **place: Any) -> None:
        super().__init__()
        self.down = operations.Conv2d(width_in, width_out, 3, stride=2, padding=1, **place)
        self.conv = operations.Conv2d(width_out, width_out, 3, padding=1, **place)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.down(x))
        return x + F.relu(self.conv(x))
