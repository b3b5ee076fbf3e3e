"""The reference mode of reading: video exactly as the public MMAudio code reads it, quirks included, to
compare with its numbers.

Per stream a float64 `next` starts at 0; every frame with time p <= seconds is emitted while p >= next, and
next += 1/fps. So slot k shows the first frame at or after k/fps, rounding errors add up (25 fps is not mapped
1:1), times are the container's (a late first frame is repeated), pictures are not turned upright, colours are
BT.601, and the clip is shortened to what all streams have. It begins at the clip's beginning, since the
reference knows no other start. Source: the specification of MMAudio's preprocessing (frame selection,
duration). Views are uint8 [T, 3, size, size].
"""

from __future__ import annotations

from fractions import Fraction

import torch
from torch import Tensor

from ..errors import InputError
from ..progress import Progress, silent
from ..timing import frame_count
from .colour import default_rgb
from .frames import VideoFrames
from .probe import probe
from .resize import resize_view
from .source import Source, open_media, source_name
from .views import FrameView
from .window import checked_seconds, clip_window

STAGE = "read video"


class ReferenceClock:
    """Counts how often each frame of a stream is emitted."""

    def __init__(self, fps: int) -> None:
        self.step, self.next = 1 / fps, 0.0

    def emissions(self, time: float) -> int:
        """Slots that the frame at `time` seconds fills; the accumulating float64 sum is the reference's."""
        count = 0
        while time >= self.next:
            count += 1
            self.next += self.step
        return count


def reference_seconds(counts: dict[int, int], seconds: float) -> float:
    """The clip's length after reading: counts = {fps: frames}, tested in that order."""
    for fps, count in counts.items():
        seconds = min(seconds, count / fps)
    return seconds


def read_views_reference(
    source: Source,
    views: dict[str, FrameView],
    *,
    seconds: float | Fraction | None = None,
    progress: Progress = silent,
) -> tuple[dict[str, Tensor], float]:
    """({name: uint8 [int(fps * s), 3, size, size]}, s): what the reference reads of the first `seconds`
    (None: the clip's length), s <= seconds.
    """
    name = source_name(source)
    if seconds is None:
        _, seconds = clip_window(name, probe(source).duration, 0, None)
    wanted = float(checked_seconds(seconds))
    total = int(wanted * 1000)
    clocks = {key: ReferenceClock(view.fps) for key, view in views.items()}
    taken: dict[str, list[Tensor]] = {key: [] for key in views}
    with open_media(source) as container:
        frames = VideoFrames(container, name)
        for time, frame in frames.near(Fraction(0)):
            clock_time = float(time + frames.zero)
            if clock_time > wanted:
                break
            picture = None
            for key, view in views.items():
                if count := clocks[key].emissions(clock_time):
                    if picture is None:
                        picture = default_rgb(frame).permute(2, 0, 1)[None]
                    taken[key] += [resize_view(picture, view)[0]] * count
            progress(STAGE, max(int(clock_time * 1000), 0), total)
    progress(STAGE, total, total)
    length = reference_seconds({view.fps: len(taken[key]) for key, view in views.items()}, wanted)
    kept = {key: frame_count(length, view.fps) for key, view in views.items()}
    for key, view in views.items():
        if kept[key] < view.min_frames:
            raise InputError(
                f"{name}: the reference's reader gets {length:g} s of it, too short for the "
                f"{view.min_frames} frames that '{key}' needs; give a longer clip."
            )
    return {key: torch.stack(taken[key][:count]) for key, count in kept.items()}, length
