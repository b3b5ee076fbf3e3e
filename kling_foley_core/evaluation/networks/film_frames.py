"""What the networks that look at a film read of it: frames at a network's rate, each in the shape it wants.

Slot k of `rate` frames a second shows the last frame before start + (k + 1/2) / rate: what FFmpeg's `fps`
filter gives, through which the published evaluations read. It is not the frame nearest to start + k / rate,
which generation reads (media/sampling.py): at a frame every two seconds the two lie a second apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ...errors import InputError
from ...limits import MAX_HELD_SECONDS
from ...media.frames import VideoFrames, cut_short
from ...media.freeing import FramesFreed
from ...media.probe import probe
from ...media.reader import rgb_picture
from ...media.source import Source, open_media, source_name
from ...media.window import OVERRUN, checked_seconds, clip_window
from .feature_network import SECONDS

if TYPE_CHECKING:
    from av import VideoFrame

Shaped = Callable[[Tensor], Tensor]  # uint8 [1, 3, H, W] -> uint8 of the same shape for every picture


@dataclass(frozen=True)
class FilmFrames:
    """`seconds` of a film from `start` on, all that is left of a shorter one; nothing is opened before
    `read`."""

    source: Source
    seconds: float | Fraction = SECONDS
    start: Fraction = Fraction(0)

    @property
    def name(self) -> str:
        """What messages call it."""
        return source_name(self.source)

    def read(self, rate: Fraction, shaped: Shaped, least: int, heading: str) -> Tensor:
        """[T, ...] with T = int(rate * seconds), upright and RGB before `shaped`. InputError for fewer than
        the `least` that the network `heading` needs, and for a film that can't be read so far."""
        length = self._length()
        count = int(rate * length)
        if count < least:
            raise InputError(
                f"{self.name}: {float(length):.3g} s of film are judged, but {heading} needs "
                f"{float(least / rate):.3g} s or more; give a longer one."
            )
        frames: list[Tensor] = []
        for frame, slots in self._shown(rate, count, length):
            frames += [shaped(rgb_picture(frame))] * slots
        return torch.stack(frames)

    def _length(self) -> Fraction:
        wanted, there = checked_seconds(self.seconds), probe(self.source).duration
        _, left = clip_window(self.name, there, self.start, wanted if there is None else None)
        length = min(wanted, left)
        if length > MAX_HELD_SECONDS:
            raise InputError(
                f"seconds = {float(length):.0f}: at most {MAX_HELD_SECONDS} s of a film are judged; choose a "
                "shorter part."
            )
        return length

    def _shown(self, rate: Fraction, count: int, length: Fraction) -> Iterator[tuple[VideoFrame, int]]:
        """The frames that slots show, each with the number of slots."""
        filled, shown = 0, None
        with open_media(self.source) as container, FramesFreed() as freed:
            frames = VideoFrames(container, self.name)
            for time, frame in frames.near(self.start):
                freed.another()
                before = min(slots_before(time - self.start, rate), count)
                if before > filled:
                    yield shown, before - filled
                    filled = before
                if filled == count:
                    return
                shown = frame
            end = self.start + length
            if frames.reached < end - OVERRUN:
                raise cut_short(self.name, frames.reached, end)
            yield shown, count - filled


def slots_before(time: Fraction, rate: Fraction) -> int:
    """How many slots show none of the frames from `time` on, counted from the first slot's place."""
    return math.floor(time * rate + Fraction(1, 2))
