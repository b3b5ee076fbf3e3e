"""What ImageBind sees of a film: frames at 0.5 a second -> clips [N, 3, 2, 224, 224].

The picture's shorter side is brought to 224 and three squares are cut from it, at both ends and in the
middle; each two neighbouring frames of a square are a clip: 9 for 8 s. As in the public av-benchmark;
ImageBind's own data code cuts five clips of 2 s instead.
"""

from __future__ import annotations

import math
from fractions import Fraction

import torch
from torch import Tensor

from ....media.resize import bicubic

RATE = Fraction(1, 2)  # frames a second
PAIR = 2  # frames
SIZE = 224
MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)


def three_squares(picture: Tensor) -> Tensor:
    """uint8 [1, 3, H, W] -> uint8 [3, 3, SIZE, SIZE]: left, middle, right, or top, middle, bottom."""
    height, width = picture.shape[-2:]
    if height <= width:
        picture = bicubic(picture, SIZE, int(SIZE * width / height))
    else:
        picture = bicubic(picture, int(SIZE * height / width), SIZE)
    height, width = picture.shape[-2:]
    spare = max(height, width) - SIZE
    places = [0, math.ceil(spare / 2), spare]
    if height > width:
        return torch.cat([picture[..., place : place + SIZE, :] for place in places])
    return torch.cat([picture[..., place : place + SIZE] for place in places])


def film_clips(squares: Tensor) -> Tensor:
    """uint8 [T, 3, 3, SIZE, SIZE] -> float [3 * (T - 1), 3, PAIR, SIZE, SIZE]."""
    mean, deviation = (torch.tensor(v)[:, None, None] for v in (MEAN, DEVIATION))
    frames = (squares.float() / 255 - mean) / deviation
    pairs = torch.stack([frames[:-1], frames[1:]], dim=3)
    return pairs.flatten(0, 1)
