"""Decoded frames to RGB: uint8 [H, W, 3], or to an encoder's 4:2:0, by swscale, with the colour matrix and
range said outright.

Until version 17 PyAV ignores a frame's colour tags unless they are passed (every tag was taken for BT.601),
from 18 on it obeys them; said outright, all versions give the same pictures. Our choice is to obey the tags;
the reference's is BT.601.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from av import VideoFrame

_BT601 = 5
_LIMITED, _FULL = 1, 2
FULL_RANGE_420 = "yuvj420p"


def tagged_rgb(frame: VideoFrame, size: tuple[int, int] | None = None) -> Tensor:
    """Colours as the frame's tags say, untagged ones BT.601, limited range; at `size` (width, height)."""
    return _rgb(frame, frame.colorspace, frame.color_range, size)


def default_rgb(frame: VideoFrame) -> Tensor:
    """Colours by the scaler's defaults, whatever the tags say."""
    return _rgb(frame, _BT601, _LIMITED)


def encoder_frame(frame: VideoFrame, size: tuple[int, int], pix_fmt: str) -> VideoFrame:
    """The frame at `size` in 4:2:0: its own matrix (RGB: BT.601), limited range unless `pix_fmt` is the full
    one.
    """
    rgb, stored = frame.format.is_rgb, frame.format.name
    full = rgb or stored.startswith("yuvj") or frame.color_range == _FULL
    wanted = encoder_range(pix_fmt)
    if (frame.width, frame.height, stored) == (*size, pix_fmt) and full == (wanted == _FULL):
        return frame
    matrix = frame.colorspace
    return frame.reformat(
        *size,
        format=pix_fmt,
        src_colorspace=matrix,
        dst_colorspace=_BT601 if rgb else matrix,
        src_color_range=_FULL if full else _LIMITED,
        dst_color_range=wanted,
    )


def encoder_matrix(frame: VideoFrame, tagged: int) -> int:
    """The colour matrix of `encoder_frame`; `tagged` is the stream's."""
    return _BT601 if frame.format.is_rgb else tagged


def encoder_range(pix_fmt: str) -> int:
    """The colour range of `encoder_frame`."""
    return _FULL if pix_fmt == FULL_RANGE_420 else _LIMITED


def _rgb(frame: VideoFrame, colorspace: int, color_range: int, size: tuple[int, int] | None = None) -> Tensor:
    width, height = size or (frame.width, frame.height)
    if frame.format.is_rgb:
        return torch.from_numpy(frame.to_ndarray(width=width, height=height, format="rgb24"))
    # 0 (RGB) as the destination differs from every YUV matrix: versions that look only at differences apply
    # it too.
    array = frame.to_ndarray(
        width=width,
        height=height,
        format="rgb24",
        src_colorspace=colorspace,
        src_color_range=color_range,
        dst_colorspace=0,
    )
    return torch.from_numpy(array)
