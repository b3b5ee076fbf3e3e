"""What ImageBind hears of a sound: [C, N] at 16 kHz -> three clips of 2 s, [3, 1, 128, 204].

The first begins at 0, the last ends with the sound; those of a shorter sound are all the whole of it. A clip
is Kaldi's filterbank of 128 bands (kaldi_fbank.py), 198 frames filled up with zeros to 204 and brought to
AudioSet's mean and deviation. Numbers and order are the authors' own: their data code takes a clip's mean
over all channels off, and then reads the first channel alone. Published numbers of stereo sounds are made so.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import torch
import torch.nn.functional as F
from torch import Tensor

from ..kaldi_fbank import FRAME, RATE, kaldi_fbank

CLIPS, CLIP_SECONDS = 3, 2
BANDS, FRAMES = 128, 204
MEAN, DEVIATION = -4.268, 9.138
LEAST = FRAME  # samples


def sound_clips(sound: Tensor) -> Tensor:
    """[C, N >= LEAST] -> [CLIPS, 1, BANDS, FRAMES]."""
    left, clips = sound.clone(), []
    for begin, end in clip_samples(sound.shape[1]):
        clip = left[:, begin:end]
        clip -= clip.mean()  # in place, as there: what two clips share has lost both means
        bands = kaldi_fbank(clip[0], BANDS).T
        clips.append(F.pad(bands, (0, FRAMES - bands.shape[1])))
    return (torch.stack(clips)[:, None] - MEAN) / DEVIATION


def clip_samples(samples: int) -> Iterator[tuple[int, int]]:
    """Where each clip begins and ends. The length in seconds is a float there, so a clip can begin a sample
    before its place."""
    step = Fraction(max(samples / RATE - CLIP_SECONDS, 0)) / (CLIPS - 1)
    for i in range(CLIPS):
        yield int(i * step * RATE), int((i * step + CLIP_SECONDS) * RATE)
