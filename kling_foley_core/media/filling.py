"""Fills the slots of several views from one pass over frames, resizing a frame at once and only if a slot
shows it.

Results are uint8 [T, 3, size, size] per view, allocated once: memory goes with the window, never with the
clip.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import torch
from torch import Tensor

from ..errors import InputError
from ..limits import MAX_FILM_SECONDS
from .resize import letterboxed, resize_view
from .sampling import slots_of_frame
from .views import FrameView

Picture = Callable[[], Tensor]  # makes uint8 [1, 3, H, W] when it is needed


class SlotFiller:
    """Takes frames in rising order of time, each with the time of the one after it; `size` (height, width) is
    the film's, and pictures of another shape are not distorted.
    """

    def __init__(
        self, views: dict[str, FrameView], start: Fraction, seconds: Fraction, size: tuple[int, int]
    ) -> None:
        if seconds > MAX_FILM_SECONDS:
            raise InputError(
                f"seconds = {float(seconds):.0f}: at most {MAX_FILM_SECONDS} s of a film are read at once; "
                "choose a shorter part."
            )
        self.start, self.views, self.size = start, views, size
        self.filled = dict.fromkeys(views, 0)
        self.frames = {
            name: torch.empty(view.slots(seconds), 3, view.size, view.size, dtype=torch.uint8)
            for name, view in views.items()
        }

    @property
    def total(self) -> int:
        return sum(map(len, self.frames.values()))

    @property
    def done(self) -> int:
        return sum(self.filled.values())

    def offer(self, time: Fraction, following: Fraction | None, picture: Picture) -> None:
        """Gives the frame at `time` to the slots nearest to it; `following` None holds it to the end."""
        made: Tensor | None = None
        for name, view in self.views.items():
            out = self.frames[name]
            taken = slots_of_frame(time, following, self.start, view.fps, len(out), self.filled[name])
            if not taken:
                continue
            made = picture() if made is None else made
            shown = letterboxed(made, *self.size) if view.fit == "stretch" else made
            out[taken.start : taken.stop] = resize_view(shown, view)
            self.filled[name] = taken.stop
