"""Leaves of frames only what a mask shows: an encoder neither sees the rest nor hears of its movement.

Frames uint8 [n, 3, S, S] and masks uint8 [n or 1, 3, S, S] of the same view (white: sounds) -> uint8 [n, 3,
S, S]. Outside of the mask lies FILL, which the encoders' normalisation maps to about zero and which never
changes: an encoder that sees the changes between frames sees nothing there. The mask's edge is a slope over
EDGE of the picture: what moves across a hard edge would vanish from one frame to the next, as if it were
struck there. Our choice; the even grey is also how selective video-to-audio networks are told what is silent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from .filling import Slots

FILL = 128  # of 255
EDGE = 1 / 16  # of the picture's side, over which a mask fades in and out
TOGETHER = 32  # frames that are muted at a time


class Masks(Protocol):
    """Soft masks of every view, in rising order of slots."""

    def take(self, view: str, count: int) -> Tensor:
        """The next `count` of a view, or one for all of them: float32 [count or 1, 1, S, S] in 0..1."""
        ...


class HeldMask:
    """One mask for all times."""

    def __init__(self, slots: dict[str, Tensor]) -> None:
        """Of each view uint8 [1, 3, S, S]."""
        self.masks = {name: softened(mask) for name, mask in slots.items()}

    def take(self, view: str, count: int) -> Tensor:
        return self.masks[view]


class MovingMasks:
    """A mask for every slot, made while they are taken."""

    def __init__(self, slots: Iterator[Slots]) -> None:
        self.slots = slots
        self.waiting: dict[str, deque[Tensor]] = {}

    def take(self, view: str, count: int) -> Tensor:
        waiting = self.waiting.setdefault(view, deque())
        while len(waiting) < count:
            name, masks = next(self.slots)
            self.waiting.setdefault(name, deque()).extend(masks.split(1))
        return softened(torch.cat([waiting.popleft() for _ in range(count)]))


def muted_slots(slots: Iterable[Slots], masks: Masks) -> Iterator[Slots]:
    """The slots with what lies outside of the masks muted, TOGETHER at most: a still picture comes as one for
    all of its seconds."""
    for name, frames in slots:
        for part in frames.split(TOGETHER):
            yield name, muted(part, masks.take(name, len(part)))


def muted(frames: Tensor, mask: Tensor) -> Tensor:
    """uint8 [n, 3, S, S], mask float [n or 1, 1, S, S] in 0..1 -> uint8; where it is 1 nothing changes."""
    return torch.lerp(torch.tensor(float(FILL)), frames.float(), mask).round().to(torch.uint8)


def softened(mask: Tensor) -> Tensor:
    """uint8 [n, 3, S, S] -> float32 [n, 1, S, S] in 0..1 with soft edges; the picture's own edge is none."""
    reach = max(1, round(EDGE * mask.shape[-1] / 2))
    soft = mask.float().mean(1, keepdim=True) / 255
    for _ in range(2):  # two boxes in a row: a slope without corners
        soft = F.avg_pool2d(F.pad(soft, (reach,) * 4, mode="replicate"), 2 * reach + 1, 1)
    return soft
