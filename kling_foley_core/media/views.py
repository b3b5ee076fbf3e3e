"""What an encoder wants to see of a video: frames a second, square size and how the picture is fitted into
it.

A view of T slots is uint8 [T, 3, size, size], RGB. Source: MMAudio's two streams (8 fps stretched to 384 for
CLIP, 25 fps cropped to 224 for Synchformer); the paper samples the same rates and leaves the fitting
unstated.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from ..errors import InputError
from ..timing import frame_count


@dataclass(frozen=True)
class FrameView:
    """`stretch` ignores the picture's proportions; `crop` brings the shorter side to `size` and cuts the
    centre.
    """

    fps: int
    size: int
    fit: Literal["stretch", "crop"]
    min_frames: int = 1  # a shorter clip is filled up by holding its last frame: 16 for one sync segment

    def __post_init__(self) -> None:
        if self.fps < 1 or self.size < 1 or self.min_frames < 1:
            raise InputError(f"{self}: fps, size and min_frames must be 1 or more.")
        if self.fit not in ("stretch", "crop"):
            raise InputError(f"fit = {self.fit!r}: choose 'stretch' or 'crop'.")

    def slots(self, seconds: float | Fraction) -> int:
        """Frames of this view in `seconds`."""
        return max(frame_count(seconds, self.fps), self.min_frames)
