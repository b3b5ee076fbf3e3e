"""What a player shows of a sound [C, N] and its film: pictures over one time axis, the places of their words,
and peaks."""

from __future__ import annotations

from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from .picture import checked_sound
from .rows import (
    MOTION,
    PAN,
    SPECTROGRAM,
    STRIP,
    film_strip,
    frequency_labels,
    motion_row,
    pan_row,
    spectrogram,
    stacked,
)

GAP = 6  # pixels between rows
EDGE = 12  # pixels from a row's edge to the middle of the word there


class Shown(NamedTuple):
    image: Image.Image
    labels: list[tuple[str, float]]  # (word, the share of the image's height at which its middle stands)


def film_picture(frames: Tensor, aspect: float, motion: Tensor, share: float) -> Shown:
    """Strip and motion; `share` is the sound's length in films."""
    image = stacked([film_strip(frames, aspect, share), motion_row(motion, share)], GAP)
    return Shown(image, [("film", STRIP / 2 / image.height), ("motion", 1 - MOTION / 2 / image.height)])


def sound_picture(sound: Tensor, rate: int) -> Shown:
    """Spectrogram and pan."""
    checked_sound(sound)
    image = stacked([spectrogram(sound.mean(0), rate), pan_row(sound)], GAP)
    places = [*frequency_labels(rate), ("left", SPECTROGRAM + GAP + EDGE)]
    places.append(("right", SPECTROGRAM + GAP + PAN - EDGE))
    return Shown(image, [(word, row / image.height) for word, row in places])


def peaks(sound: Tensor, count: int) -> list[list[int]]:
    """Of each channel the largest |sample| in each of `count` equal stretches, in per cent of full scale."""
    edges = [i * sound.shape[1] // count for i in range(count + 1)]
    size = sound.abs()
    rows = torch.stack([size[:, a : max(b, a + 1)].amax(1) for a, b in zip(edges, edges[1:], strict=False)])
    return (rows.T * 100).round().clamp(0, 100).int().tolist()
