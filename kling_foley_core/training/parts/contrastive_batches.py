"""What the encoders learn from: pieces of scenes with the sound, and the words, that belong to them.

Moments:  frames uint8 [B, T, 3, S, S], log mels [B, 2, M, t] of both ears, times [B, K] in mel frames
Meanings: frames uint8 [B, T, 3, S, S], log mels [B, M, t] (mono) of all that sounds and of what is seen,
          B captions

K = MOMENTS * T. Frames are compared with the sound of what is seen alone, without room and ambience: no
picture tells these, and under them the encoders found little to learn from.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...codec.presets import MEL_44K
from ...errors import InputError
from ...timing import SYNC_FPS, VISUAL_FPS
from ..recipe import Optimisation
from ..worlds import MONO, SEEN_LEFT, SEEN_RIGHT, Worlds
from .audio_encoders import REACH

MOMENTS = (
    2  # of sound that each frame is compared with, half a frame apart: so it has to tell when, between frames
)
MEL_RATE = MEL_44K.sampling_rate / MEL_44K.hop


@dataclass(frozen=True)
class SyncLesson:
    frames: int  # of each clip, at 25 a second
    width: int  # of the moment listener
    dim: int  # in which picture and sound are compared
    guessing: float  # weight of the guessed loudness
    optimisation: Optimisation


@dataclass(frozen=True)
class MeaningLesson:
    batch: int
    pause: int  # steps from one such lesson to the next
    seconds: float
    every: int  # the visual encoder sees each how-manieth frame
    width: int  # of the clip listener
    dim: int
    optimisation: Optimisation

    def __post_init__(self) -> None:
        for name in ("batch", "pause", "every"):
            if getattr(self, name) < 1:
                raise InputError(f"meaning.{name} = {getattr(self, name)}: give 1 or more.")


@dataclass(frozen=True)
class Moments:
    frames: Tensor
    mels: Tensor
    times: Tensor


@dataclass(frozen=True)
class Meanings:
    frames: Tensor
    mel: Tensor
    seen: Tensor
    captions: list[str]


def draw_moments(
    worlds: Worlds, indices: range | list[int], lesson: SyncLesson, draw: torch.Generator
) -> Moments:
    """A stretch of each scene, and the stretch of its sound that belongs to it; every second one mirrored."""
    parts = []
    for index in indices:
        first = _randint(round(worlds.seconds[index] * SYNC_FPS) - lesson.frames + 1, draw)
        part = moments_at(worlds, index, first, lesson.frames)
        parts.append(mirrored(part) if torch.rand((), generator=draw) < 0.5 else part)
    shortest = min(p.mels.shape[-1] for p in parts)
    return Moments(
        torch.stack([p.frames for p in parts]),
        torch.stack([p.mels[..., :shortest] for p in parts]),
        torch.stack([p.times for p in parts]),
    )


def moments_at(worlds: Worlds, index: int, first: int, frames: int) -> Moments:
    """One scene's, without the batch axis: frames from `first` on, and its moments a quarter of a frame
    about each."""
    instants = first + torch.arange(frames).repeat_interleave(MOMENTS)
    offsets = ((torch.arange(MOMENTS) + 0.5) / MOMENTS - 0.5).repeat(frames)
    times = (instants + offsets) / SYNC_FPS * MEL_RATE - 0.5  # mel frame m is centred at m + 1/2 hops
    begin = max(0, int(times[0]) - REACH)
    mels = worlds.part(index, "mels", begin, int(times[-1]) + REACH)
    return Moments(
        worlds.part(index, "sync", first, first + frames), mels[[SEEN_LEFT, SEEN_RIGHT]], times - begin
    )


def mirrored(part: Moments) -> Moments:
    """The picture's left and right changed, and so the ears: as true a scene as the other, and free."""
    return Moments(part.frames.flip(-1), part.mels.flip(0), part.times)


def draw_meanings(
    worlds: Worlds, indices: range | list[int], lesson: MeaningLesson, draw: torch.Generator
) -> Meanings:
    frames, mels, seen, count = [], [], [], int(lesson.seconds * VISUAL_FPS)
    for index in indices:
        first = _randint(int(worlds.seconds[index] * VISUAL_FPS) - count + 1, draw)
        frames.append(worlds.part(index, "visual", first, first + count)[:: lesson.every])
        begin = int(first / VISUAL_FPS * MEL_RATE)
        part = worlds.part(index, "mels", begin, begin + int(lesson.seconds * MEL_RATE))
        mels.append(part[MONO])
        seen.append(part[[SEEN_LEFT, SEEN_RIGHT]].float().exp().mean(0).log())
    shortest = min(mel.shape[-1] for mel in mels)
    mel, seen = (torch.stack([m[..., :shortest] for m in group]) for group in (mels, seen))
    return Meanings(torch.stack(frames), mel, seen, [worlds.captions[i] for i in indices])


def choose(among: range, count: int, draw: torch.Generator) -> list[int]:
    return [among[i] for i in torch.randperm(len(among), generator=draw)[:count].tolist()]


def _randint(below: int, draw: torch.Generator) -> int:
    return int(torch.randint(max(1, below), (), generator=draw))
