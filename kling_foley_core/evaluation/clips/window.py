"""The part of a file that a clip is judged by, read when it is needed.

wave float32 [1 or 2, N]: the file's channels, surround mixed down to stereo. N ends where the track ends:
nothing is made up behind it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ...errors import InputError
from ...media import load_audio
from ...media.audio_windows import sound_windows

SPARE = 0.01  # seconds: so that the number of samples doesn't hang on how the beginning is rounded

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Window:
    """`seconds` None: to the end."""

    path: Path
    start: float
    seconds: float | None

    def wave(self) -> tuple[Tensor, int]:
        """(wave, rate). InputError for what can't be read, ends before the window or holds no numbers."""
        wave, rate = self._to_the_end() if self.seconds is None else self._part(self.seconds)
        if wave.shape[1] == 0:
            raise InputError(f"{self.path} has no sound from {self.start:g} s on; give a longer one.")
        if not bool(torch.isfinite(wave).all()):
            raise InputError(
                f"{self.path}: its sound has samples that are NaN or infinite; check what made it."
            )
        return wave, rate

    def _to_the_end(self) -> tuple[Tensor, int]:
        wave, rate = load_audio(self.path, start=self.start)
        return load_audio(self.path, start=self.start, channels=2) if len(wave) > 2 else (wave, rate)

    def _part(self, seconds: float) -> tuple[Tensor, int]:
        """Nothing behind it is decoded."""
        asked = seconds + SPARE
        (found,) = sound_windows(self.path, [(self.start, asked)])
        if found.damage:
            _log.warning("%s: %s: silence there.", self.path, found.damage)
        wave, rate = found.wave[:, : round(seconds * found.rate)], found.rate
        if len(wave) > 2 and wave.shape[1]:
            stereo, _ = load_audio(self.path, start=self.start, seconds=asked, channels=2)
            wave = stereo[:, : wave.shape[1]]
        return wave, rate

    @property
    def facts(self) -> list[float | None]:
        return [self.start, self.seconds]
