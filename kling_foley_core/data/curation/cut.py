"""Cuts clips into pieces of the training length (paper section 3: long material is cut to one length)."""

from __future__ import annotations

import math

from ..manifest import Clip, Rejected
from .windows import LEAST_CLIP, Cutting, Piece

GRID = 25  # a second: pieces end on frames of the sync encoder, so that joined ones have whole frames
ROOM = 1e-6  # seconds


def cut(clip: Clip, seconds: float, cutting: Cutting) -> tuple[list[Piece], list[Rejected]]:
    """Pieces of `cutting.seconds` one after the other, and a last one where `cutting.least` or more is left;
    of a shorter clip the whole. `seconds`: how much of its files there is from `clip.start` on."""
    if seconds + ROOM < LEAST_CLIP:
        why = f"{clip.place}: it has {seconds:.2f} s; {LEAST_CLIP:g} s or more are used."
        return [], [Rejected(clip.id, "too short", why)]
    if seconds + ROOM < cutting.seconds:
        return [Piece(clip, clip.start, on_grid(seconds))], []
    whole = int((seconds + ROOM) / cutting.seconds)
    pieces = [Piece(clip, clip.start + k * cutting.seconds, cutting.seconds) for k in range(whole)]
    left = on_grid(seconds - whole * cutting.seconds)
    start = clip.start + whole * cutting.seconds
    if left >= cutting.least:
        return [*pieces, Piece(clip, start, left)], []
    if left < 1 / GRID:
        return pieces, []
    end = clip.start + seconds
    why = f"{clip.place}: {start:.2f} to {end:.2f} s is left over, less than --least {cutting.least:g}."
    return pieces, [Rejected(f"{clip.id} {start:.2f}-{end:.2f}", "short remainder", why)]


def on_grid(seconds: float) -> float:
    """The whole frames in it."""
    return math.floor((seconds + ROOM) * GRID) / GRID
