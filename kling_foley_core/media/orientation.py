"""Turns decoded pictures upright as the container's display matrix says (phones film sideways and note it
there).

The matrix maps stored (column, row) to shown: x = a*column + c*row, y = b*column + d*row, read from the
frame's side data as nine 32-bit integers a b u c d v x y w. Angles that are no quarter turn go to the nearest
one (our choice: nothing films so). Pictures are [H, W, 3] in and [H', W', 3] out, a view without copying.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from .side_data import side_data

if TYPE_CHECKING:
    from av import VideoFrame

_TURNS = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}  # degrees clockwise


@dataclass(frozen=True)
class Orientation:
    """First transpose (rows become columns), then mirror."""

    transpose: bool
    mirror_rows: bool  # upside down
    mirror_columns: bool  # left to right

    @property
    def rotation(self) -> int:
        """Degrees clockwise by which the stored picture is turned for showing; a mirroring is not counted."""
        if self.transpose:
            return 270 if self.mirror_rows else 90
        return 180 if self.mirror_rows else 0

    def shown_size(self, width: int, height: int) -> tuple[int, int]:
        """Stored to shown (width, height)."""
        return (height, width) if self.transpose else (width, height)

    def upright(self, picture: Tensor) -> Tensor:
        """[H, W, 3] as stored -> [H', W', 3] as shown."""
        if self.transpose:
            picture = picture.transpose(0, 1)
        axes = [axis for axis, mirrored in enumerate((self.mirror_rows, self.mirror_columns)) if mirrored]
        return picture.flip(axes) if axes else picture

    def filters(self) -> list[tuple[str, str]]:
        """The same as FFmpeg filters (name, arguments), for frames that stay in their pixel format."""
        wanted = [
            ("transpose", "cclock_flip", self.transpose),
            ("vflip", "", self.mirror_rows),
            ("hflip", "", self.mirror_columns),
        ]
        return [(name, arguments) for name, arguments, needed in wanted if needed]


def frame_orientation(frame: VideoFrame) -> Orientation:
    """How this frame must be turned; without a display matrix not at all."""
    a, b, c, d = _matrix(frame)
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(True, mirror_rows=b < 0, mirror_columns=c < 0)
    return Orientation(False, mirror_rows=d < 0, mirror_columns=a < 0)


def _matrix(frame: VideoFrame) -> tuple[int, int, int, int]:
    matrix = side_data(frame, "DISPLAYMATRIX")
    if matrix is None:
        return _TURNS[-frame.rotation % 360]  # PyAV tells the angle also where it can't read the matrix
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
    return a, b, c, d
