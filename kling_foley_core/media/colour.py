"""Decoded frames to RGB: uint8 [H, W, 3], by swscale, with the colour matrix said outright.

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
_LIMITED = 1


def tagged_rgb(frame: VideoFrame) -> Tensor:
    """Colours as the frame's tags say; untagged ones are BT.601, limited range."""
    return _rgb(frame, frame.colorspace, frame.color_range)


def default_rgb(frame: VideoFrame) -> Tensor:
    """Colours by the scaler's defaults, whatever the tags say."""
    return _rgb(frame, _BT601, _LIMITED)


def _rgb(frame: VideoFrame, colorspace: int, color_range: int) -> Tensor:
    if frame.format.is_rgb:
        return torch.from_numpy(frame.to_ndarray(format="rgb24"))
    # 0 (RGB) as the destination differs from every YUV matrix: versions that look only at differences apply
    # it too.
    array = frame.to_ndarray(
        format="rgb24", src_colorspace=colorspace, src_color_range=color_range, dst_colorspace=0
    )
    return torch.from_numpy(array)
