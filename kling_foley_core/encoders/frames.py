"""What every encoder of frames expects: uint8 [B, T, 3, size, size], as the media readers return it with a
batch axis.

Our choice: encoders take whole bytes and do their own scaling, so that one set of frames serves any encoder,
moves over the bus at a quarter of the size, and nobody has to know which network wants [0, 1] and which [-1,
1].
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import InputError


def check_frames(frames: Tensor, size: int, least: int, encoder: str) -> None:
    """Refuses anything but uint8 [B, T >= least, 3, size, size]."""
    shape = tuple(frames.shape)
    if frames.dtype != torch.uint8:
        raise InputError(
            f"{encoder}: frames are {frames.dtype}; give uint8 0..255 "
            "(from floats in 0..1: (x * 255).round().to(torch.uint8))."
        )
    if len(shape) != 5 or shape[2] != 3:
        raise InputError(
            f"{encoder}: frames have the shape {shape}; give [batch, frames, 3, {size}, {size}]."
        )
    if shape[3:] != (size, size):
        raise InputError(
            f"{encoder}: frames are {shape[4]}x{shape[3]}; this encoder wants {size}x{size}. "
            "Read the video through the encoder's own view."
        )
    if shape[0] < 1 or shape[1] < least:
        raise InputError(
            f"{encoder}: {shape[1]} frame(s) in a batch of {shape[0]}; it needs {least} or more. "
            "Give a longer clip or hold the last frame."
        )
