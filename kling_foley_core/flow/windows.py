"""A clip of any length in windows of the length that the network was trained at, joined at every solver step.

    clip      |-----------------------------------------------|
    windows   |-------------|   |-------------|
                        |-------------|   |-------------|       evenly placed, the last ends with the clip

Each window's velocity is that of a clip cut there; in the middle of what two share, the mean of theirs is
taken with weights that pass linearly from one to the next, and beside it each sees on. So neighbours agree on
one latent while it is made, and there is nothing to join afterwards (MultiDiffusion, Bar-Tal et al. 2023,
along time). One window is evaluated at a time: memory is that of one, and time grows with the length.

Windows begin where segments of the sync encoder do, so that within one the tokens lie as they did in
training: see `segment_seconds`. The paper names no way beyond one window: all of this is our choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil

import torch
from torch import Tensor

from ..mmdit import Features, MMDiTConfig
from ..timing import (
    SYNC_FPS,
    SYNC_STEP,
    SYNC_TOKENS_PER_SEGMENT,
    VISUAL_FPS,
    Seconds,
    sync_segments,
    visual_frames,
)
from .composition import Velocity

OVERLAP = Fraction(1, 4)  # of a window, at least
FADE = 0.5  # seconds; our choice


@dataclass(frozen=True)
class Window:
    """`start` and `seconds` within the clip; its latent frames, visual tokens and sync tokens."""

    start: Fraction
    seconds: Fraction
    frames: slice
    visual: slice
    sync: slice


def plan(
    config: MMDiTConfig,
    features: Features,
    seconds: Seconds,
    frames: int,
    rate: Fraction,
    longest: float,
    overlap: Fraction = OVERLAP,
) -> tuple[Window, ...]:
    """The windows of a clip of `seconds` and `frames` latent frames, `rate` a second, for a network trained
    at `longest` seconds. One, the whole, if it has no more sync segments than a clip of that length; a last
    window takes what is left of a segment beside its own, less than 0.32 s."""
    seconds, segments = Fraction(seconds), features.sync_len // SYNC_TOKENS_PER_SEGMENT
    if segments <= sync_segments(longest):
        return (whole_clip(features, seconds, frames),)
    segment = segment_seconds(config, seconds, segments)
    equal_parts = config.upsampling == "linear"
    size = int(Fraction(longest) / segment) if equal_parts else sync_segments(longest)
    length = size * segment if equal_parts else Fraction(longest)
    windows = []
    for first in _starts(segments, size, overlap):
        start, last = first * segment, first + size == segments
        length = seconds - start if last else length
        frame, look = round(start * rate), round(start * VISUAL_FPS)
        windows.append(
            Window(
                start,
                length,
                slice(frame, frames if last else frame + ceil(length * rate)),
                slice(look, features.visual_len if last else look + visual_frames(length)),
                slice(first * SYNC_TOKENS_PER_SEGMENT, (first + size) * SYNC_TOKENS_PER_SEGMENT),
            )
        )
    return tuple(windows)


def whole_clip(features: Features, seconds: Fraction, frames: int) -> Window:
    """One window over all of it."""
    everything = slice(0, frames), slice(0, features.visual_len), slice(0, features.sync_len)
    return Window(Fraction(0), seconds, *everything)


def segment_seconds(config: MMDiTConfig, seconds: Fraction, segments: int) -> Fraction:
    """From one segment's start to the next, as the network lays them beside its latent frames.

    Synchformer's segment m shows frames 8 m to 8 m + 15 of 25 a second: 0.32 s. The tokens of the small
    motion encoder are the middles of equal parts of the whole clip, and a network that reads them says so by
    its `upsampling`, which is "linear": between middles.
    """
    return seconds / segments if config.upsampling == "linear" else Fraction(SYNC_STEP, SYNC_FPS)


def _starts(segments: int, size: int, overlap: Fraction) -> list[int]:
    """First segments of windows of `size`, evenly from 0 to the last that fits, `overlap` shared or more."""
    steps = -(-(segments - size) // (size - round(size * overlap)))
    return [(2 * i * (segments - size) + steps) // (2 * steps) for i in range(steps + 1)]


def features_in(window: Window, features: Features) -> Features:
    """What a clip cut out at the window would have; where in the source it begins and how long that is stay
    true."""
    visual, sync = features.visual, features.sync
    return replace(
        features,
        visual=None if visual is None else visual[:, window.visual],
        sync=None if sync is None else sync[:, window.sync],
        visual_len=window.visual.stop - window.visual.start,
        sync_len=window.sync.stop - window.sync.start,
        seconds_start=features.seconds_start + float(window.start),
    )


def weights(windows: Sequence[Window]) -> list[Tensor]:
    """[frames of the window] float32 each, summing to 1 in every frame of the clip: 1 as far as the middle of
    what a window shares with the next, where one gives way to the other within FADE seconds."""
    first = windows[0]
    fade = FADE * first.frames.stop / float(first.seconds)
    seams = [(a.frames.stop + b.frames.start) / 2 for a, b in pairwise(windows)]
    fades = [min(fade, max(a.frames.stop - b.frames.start, 1)) for a, b in pairwise(windows)]
    shares = []
    for i, window in enumerate(windows):
        middles = torch.arange(window.frames.start, window.frames.stop, dtype=torch.float64) + 0.5
        begun, over = (
            ((middles - seams[k]) / fades[k] + 0.5).clamp(0, 1) if 0 <= k < len(seams) else None
            for k in (i - 1, i)
        )
        begun = torch.ones_like(middles) if begun is None else begun
        shares.append((begun if over is None else begun - over).float())
    return shares


def joined(windows: Sequence[Window], fields: Sequence[Velocity]) -> Velocity:
    """The velocity field of the clip from those of its windows; the only one's itself where there is one."""
    if len(windows) == 1:
        return fields[0]
    shares = weights(windows)

    def velocity(x: Tensor, t: Tensor) -> Tensor:
        total = torch.zeros_like(x)
        for window, share, field in zip(windows, shares, fields, strict=True):
            total[:, window.frames] += share.to(x)[:, None] * field(x[:, window.frames], t)
        return total

    return velocity
