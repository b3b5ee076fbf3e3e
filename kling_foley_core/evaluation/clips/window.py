"""The part of a file that a clip is judged by, read when it is needed.

wave float32 [1 or 2, N]: the file's channels, surround mixed down to stereo. N ends where the track ends:
nothing is made up behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ...errors import InputError
from ...media import load_audio


@dataclass(frozen=True)
class Window:
    """`seconds` None: to the end."""

    path: Path
    start: float
    seconds: float | None

    def wave(self) -> tuple[Tensor, int]:
        """(wave, rate). InputError for what can't be read, ends before the window or holds no numbers."""
        wave, rate = load_audio(self.path, start=self.start)
        if len(wave) > 2:
            wave, rate = load_audio(self.path, start=self.start, channels=2)
        if self.seconds is not None:
            wave = wave[:, : round(self.seconds * rate)]
        if wave.shape[1] == 0:
            raise InputError(f"{self.path} has no sound from {self.start:g} s on; give a longer one.")
        if not bool(torch.isfinite(wave).all()):
            raise InputError(
                f"{self.path}: its sound has samples that are NaN or infinite; check what made it."
            )
        return wave, rate

    @property
    def facts(self) -> list[float | None]:
        return [self.start, self.seconds]
