"""What FFmpeg tells beside a frame's pixels: rotation, HDR metadata and more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av import VideoFrame


def side_data(frame: VideoFrame, kind: str) -> bytes | None:
    """The data of `kind`, one of the names in av.sidedata.sidedata.Type; None where the frame has none."""
    from av.sidedata.sidedata import Type

    try:
        data = frame.side_data.get(getattr(Type, kind))
    except ValueError:  # PyAV reads none if there is a kind newer than itself, such as a photo's EXIF
        return None
    return data and bytes(data)
