"""Fills the slots of several views from one pass over frames, resizing a frame at once and only if a slot
shows it.

What comes out is (view, uint8 [n, 3, size, size]), the same picture n times, view by view in rising order of
slots; `whole_views` puts them together, for windows that memory holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

import torch
from torch import Tensor

from ..errors import InputError
from ..limits import MAX_FILM_SECONDS, MAX_HELD_SECONDS
from .resize import letterboxed, resize_view
from .sampling import slots_of_frame, slots_until
from .views import FrameView

Picture = Callable[[], Tensor]  # makes uint8 [1, 3, H, W] when it is needed
Slots = tuple[str, Tensor]  # the next of a view: its name, uint8 [n, 3, size, size]


class SlotFiller:
    """Takes frames in rising order of time, each with the time of the one after it; `size` (height, width) is
    the film's, and pictures of another shape are not distorted.
    """

    def __init__(
        self, views: dict[str, FrameView], start: Fraction, seconds: Fraction, size: tuple[int, int]
    ) -> None:
        if seconds > MAX_FILM_SECONDS:
            raise InputError(
                f"seconds = {float(seconds):.0f}: at most {MAX_FILM_SECONDS} s of a film are read; "
                "choose a shorter part."
            )
        self.start, self.views, self.size = start, views, size
        self.filled = dict.fromkeys(views, 0)
        self.slots = {name: view.slots(seconds) for name, view in views.items()}

    @property
    def total(self) -> int:
        return sum(self.slots.values())

    @property
    def done(self) -> int:
        return sum(self.filled.values())

    def needs(self, before: Fraction, time: Fraction, following: Fraction) -> bool:
        """Whether a slot is nearest to the frame at `time` when these are shown before and after it."""
        return any(
            slots_until((before + time) / 2, self.start, view.fps, self.slots[name])
            < slots_until((time + following) / 2, self.start, view.fps, self.slots[name])
            for name, view in self.views.items()
        )

    def offer(self, time: Fraction, following: Fraction | None, picture: Picture) -> Iterator[Slots]:
        """The slots nearest to the frame at `time`; `following` None holds it to the end."""
        made: Tensor | None = None
        for name, view in self.views.items():
            count, filled = self.slots[name], self.filled[name]
            taken = slots_of_frame(time, following, self.start, view.fps, count, filled)
            if not taken:
                continue
            made = picture() if made is None else made
            shown = letterboxed(made, *self.size) if view.fit == "stretch" else made
            self.filled[name] = taken.stop
            yield name, resize_view(shown, view).expand(len(taken), -1, -1, -1)


def whole_views(views: dict[str, FrameView], seconds: Fraction, slots: Iterable[Slots]) -> dict[str, Tensor]:
    """{name: uint8 [T, 3, size, size]} of all `slots` of `seconds`."""
    if seconds > MAX_HELD_SECONDS:
        raise InputError(
            f"seconds = {float(seconds):.0f}: at most {MAX_HELD_SECONDS} s of a film are read at once; "
            "choose a shorter part."
        )
    frames = {
        name: torch.empty(view.slots(seconds), 3, view.size, view.size, dtype=torch.uint8)
        for name, view in views.items()
    }
    filled = dict.fromkeys(views, 0)
    for name, shown in slots:
        frames[name][filled[name] : filled[name] + len(shown)] = shown
        filled[name] += len(shown)
    return frames
