"""Reads a window of a video for several encoders at once: slot k of a view shows the frame nearest to start +
k/fps.

read_views -> {name: uint8 [T, 3, size, size]}, T from the window's seconds and the view's rate; read_slots
gives the same slots one after the other, in the memory of a frame. Decodes once, from the keyframe before the
window to one frame behind the last slot; the last frame is held to the end. Our choice (see sampling.py).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from torch import Tensor

from ..progress import Progress, silent
from .colour import tagged_rgb
from .filling import SlotFiller, Slots, whole_views
from .frames import VideoFrames, cut_short
from .freeing import FramesFreed
from .orientation import frame_orientation
from .probe import VideoInfo, probe
from .source import Source, open_media, source_name
from .sparing import UnexpectedPictureError
from .views import FrameView
from .window import OVERRUN, clip_window

if TYPE_CHECKING:
    from av import VideoFrame

STAGE = "read video"

_log = logging.getLogger(__name__)


def read_views(
    source: Source,
    views: dict[str, FrameView],
    *,
    start: float | Fraction = 0,
    seconds: float | Fraction | None = None,
    progress: Progress = silent,
) -> dict[str, Tensor]:
    """The window [start, start + seconds) of a clip as each view wants it; seconds None means to the end.

    Pictures are upright and RGB; damage within the window is logged. InputError: unreadable source, window
    outside of the clip, cut short file.
    """
    info = probe(source)
    _, length = clip_window(source_name(source), info.duration, start, seconds)
    return whole_views(views, length, _slots(source, info, views, start, seconds, progress))


def read_slots(
    source: Source,
    views: dict[str, FrameView],
    *,
    start: float | Fraction = 0,
    seconds: float | Fraction | None = None,
    progress: Progress = silent,
) -> Iterator[Slots]:
    """The same, as (view, the next slots of it) while the film is decoded."""
    yield from _slots(source, probe(source), views, start, seconds, progress)


def _slots(
    source: Source,
    info: VideoInfo,
    views: dict[str, FrameView],
    start: float | Fraction,
    seconds: float | Fraction | None,
    progress: Progress,
) -> Iterator[Slots]:
    name = source_name(source)
    begin, length = clip_window(name, info.duration, start, seconds)
    filler = SlotFiller(views, begin, length, (info.height, info.width))
    try:
        yield from _filled(source, name, filler, length, progress, sparing=True)
    except UnexpectedPictureError as why:
        _log.debug("%s is decoded as a whole: %s", name, why)
        yield from _filled(source, name, filler, length, progress, sparing=False)


def _filled(
    source: Source, name: str, filler: SlotFiller, length: Fraction, progress: Progress, *, sparing: bool
) -> Iterator[Slots]:
    """The slots that are not filled yet."""
    begin = filler.start
    with open_media(source) as container, FramesFreed() as freed:
        frames = VideoFrames(container, name)
        pending: tuple[Fraction, VideoFrame] | None = None
        for time, frame in frames.near(begin, filler.needs if sparing else None):
            if pending is not None:
                yield from filler.offer(pending[0], time, partial(rgb_picture, pending[1]))
                progress(STAGE, filler.done, filler.total)
            pending = None
            if frame is not None:
                freed.another()
                pending = time, frame
            if filler.done == filler.total:
                break
        else:
            if pending is None or frames.reached < begin + length - OVERRUN:
                raise cut_short(name, frames.reached, begin + length)
            yield from filler.offer(pending[0], None, partial(rgb_picture, pending[1]))
            progress(STAGE, filler.done, filler.total)
    if note := frames.damage.note(name, begin, begin + length):
        _log.warning(note)


def rgb_picture(frame: VideoFrame) -> Tensor:
    """Upright uint8 [1, 3, H, W], colours as the frame is tagged."""
    return frame_orientation(frame).upright(tagged_rgb(frame)).permute(2, 0, 1)[None]
