"""Texts that act in their time only: one velocity field of several, each counting in its frames.

v(x, t) = sum_i m_i(frame) v(x, t; text_i), masks m_i [L] that add up to 1 in every frame and cross-fade where
one text gives way to the next. This is training-free and works with every model: each evaluation has the
whole window's picture and one text, as in training, and only the sum is new. It is also how ComfyUI composes
conditionings with masks. The alternative, masks in the joint attention with a global vector for every frame,
would save an evaluation where two texts meet in a window, but shows the network what no training has shown
it: our choice against it. The fields see each other's sound through x, so the seam is no cut.

Cost: a window evaluates the texts that are active in it, so it grows only where texts meet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import zip_longest

import torch
from torch import Tensor

from ..mmdit import Conditions
from .composition import Part

FADE = 0.25  # seconds from one text to the next, around the time that was asked for; our choice


@dataclass(frozen=True)
class Schedule:
    """Which text acts when: text `texts[k]` from border k - 1 to border k, the first from the beginning and
    the last to the end. `borders`: ascending, in seconds of the sound."""

    borders: tuple[Fraction, ...]
    texts: tuple[int, ...]

    def masks(self, frames: int, rate: float) -> Tensor:
        """[texts, frames] float32, the sum 1 in every frame; `rate`: frames a second."""
        middles = (torch.arange(frames, dtype=torch.float64) + 0.5) / rate
        masks = torch.zeros(max(self.texts) + 1, frames)
        begun = torch.ones_like(middles)
        for text, border in zip_longest(self.texts, self.borders):
            after = torch.zeros_like(middles)
            if border is not None:
                after = ((middles - float(border)) / FADE + 0.5).clamp(0, 1)
            masks[text] += (begun - after).float()
            begun = after
        return masks


ALWAYS = Schedule((), (0,))  # one text, everywhere


def in_time(masks: Tensor, conditions: Callable[[int], Conditions]) -> list[Part]:
    """masks [N, L] -> the texts that act in any of the L frames, with their shares; `conditions(i)`: those
    of text i.

    A text that is alone there has the share 1, so that one text gives what it gives without times, to the
    bit.
    """
    active = [i for i, mask in enumerate(masks) if mask.any()]
    if len(active) == 1:
        return [Part(conditions(active[0]), 1.0)]
    return [Part(conditions(i), masks[i, :, None]) for i in active]
