"""Batches of the contrastive tasks: pieces of films with the sound, and the caption, that belong to them.

SyncBatch:     frames uint8 [B, T, 3, S, S], log mels [B, 2, M, t] left and right, times [B, K] in mel frames
SemanticBatch: frames uint8 [B, T, 3, S, S], log mels [B, M, t] (mono) of the whole sound and of what is seen,
               B captions, "" where there is none

K = INSTANTS * T. Frames are contrasted with the sound of what is seen (`seen`) where samples have it, without
room and ambience: no picture tells these, and with them the encoders found little to learn. Other samples
give their sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...codec import LogMel, MelConfig
from ...data.shards import Batches, Crop, Sample, Shards
from ...data.shards.sounds import sound_of
from ...errors import InputError
from ...timing import SYNC_FPS, VISUAL_FPS
from ..loop.seeds import generator_for
from ..recipe import Optimisation
from .audio_encoders import REACH
from .mel_crops import check_rate, mel_part

INSTANTS = 2  # of sound for each frame, half a frame apart: so it has to tell when, between frames


@dataclass(frozen=True)
class SyncTask:
    frames: int  # of each clip, at 25 a second
    width: int  # of the frame audio encoder
    dim: int  # in which picture and sound are compared
    level_weight: float  # of the predicted band levels
    optimisation: Optimisation


@dataclass(frozen=True)
class SemanticTask:
    batch: int
    every_steps: int  # one step of this task for so many of the sync task
    seconds: float
    frame_step: int  # the visual encoder is shown each how-manieth frame
    words: int  # of the captions, the most frequent ones, that are predicted from the picture
    width: int  # of the clip audio encoder
    dim: int
    optimisation: Optimisation

    def __post_init__(self) -> None:
        for name in ("batch", "every_steps", "frame_step", "words"):
            if getattr(self, name) < 1:
                raise InputError(f"semantic.{name} = {getattr(self, name)}: give 1 or more.")


@dataclass(frozen=True)
class SyncBatch:
    frames: Tensor
    mels: Tensor
    times: Tensor


@dataclass(frozen=True)
class SemanticBatch:
    frames: Tensor
    mel: Tensor
    seen: Tensor
    captions: list[str]


class Pieces:
    """Random pieces of the samples of one split, read from the disk one by one."""

    def __init__(self, shards: Shards, mel: MelConfig, seconds: float, picture: str, seed: int) -> None:
        """`picture`: the array of frames. Raises InputError where no sample has it and a sound."""
        check_rate(shards, mel)
        self.shards, self.log_mel, self.seconds, self.seed = shards, LogMel(mel), seconds, seed
        self.mel_rate = mel.sampling_rate / mel.hop
        self.arrays = (picture, "sound", "seen")
        self.used = shards.having(self.arrays[:2])

    def __len__(self) -> int:
        return len(self.used)

    def order(self, batch: int) -> Batches:
        """Which of the samples make up which batch."""
        entries = [self.shards.entries[i] for i in self.used]
        return Batches(entries, (Crop(self.seconds, batch, 1.0),), self.seed)

    def read(self, number: int) -> Sample:
        return self.shards.read(self.used[number], self.arrays)


class SyncPieces(Pieces):
    def __init__(self, shards: Shards, mel: MelConfig, task: SyncTask, seed: int) -> None:
        super().__init__(shards, mel, task.frames / SYNC_FPS, "sync_frames", seed)
        self.frames = task.frames

    def batch(self, numbers: Sequence[int], step: int, first: int) -> SyncBatch:
        """`first`: the first one's position in the global batch. Every second piece, by chance, is
        mirrored."""
        parts = []
        for position, number in enumerate(numbers, first):
            draw = generator_for(self.seed, step, f"sync piece {position}")
            sample = self.read(number)
            total = len(sample.arrays["sync_frames"])
            part = self.piece(sample, _randint(total - self.frames + 1, draw))
            parts.append(mirrored(part) if torch.rand((), generator=draw) < 0.5 else part)
        return SyncBatch(*(torch.stack([getattr(p, n) for p in parts]) for n in ("frames", "mels", "times")))

    def piece(self, sample: Sample, first: int) -> SyncBatch:
        """Without the batch axis: frames from `first` on, and instants a quarter of a frame about each."""
        at = first + torch.arange(self.frames).repeat_interleave(INSTANTS)
        offsets = ((torch.arange(INSTANTS) + 0.5) / INSTANTS - 0.5).repeat(self.frames)
        times = (at + offsets) / SYNC_FPS * self.mel_rate - 0.5  # mel frame m is centred at m + 1/2 hops
        begin = max(0, int(times[0]) - REACH)
        length = int(self.frames / SYNC_FPS * self.mel_rate) + 2 * REACH
        mels = mel_part(both_channels(_seen(sample)), begin, length, self.log_mel)
        pictures = torch.from_numpy(sample.arrays["sync_frames"][first : first + self.frames])
        return SyncBatch(pictures, mels, times - begin)


class SemanticPieces(Pieces):
    def __init__(self, shards: Shards, mel: MelConfig, task: SemanticTask, seed: int) -> None:
        super().__init__(shards, mel, task.seconds, "visual_frames", seed)
        self.frame_step = task.frame_step

    def batch(self, numbers: Sequence[int], step: int, first: int) -> SemanticBatch:
        """`first`: the first one's position in the global batch."""
        pieces = []
        for position, number in enumerate(numbers, first):
            draw = generator_for(self.seed, step, f"semantic piece {position}")
            sample = self.read(number)
            pieces.append((*self.piece(sample, draw), sample.caption))
        frames, mel, seen, captions = zip(*pieces, strict=True)
        return SemanticBatch(torch.stack(frames), torch.stack(mel), torch.stack(seen), list(captions))

    def piece(self, sample: Sample, draw: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        pictures, count = sample.arrays["visual_frames"], int(self.seconds * VISUAL_FPS)
        first = _randint(len(pictures) - count + 1, draw)
        frames = torch.from_numpy(pictures[first : first + count : self.frame_step])
        begin, length = int(first / VISUAL_FPS * self.mel_rate), int(self.seconds * self.mel_rate)
        sound = torch.from_numpy(sound_of(sample))
        mel = mel_part(sound.mean(0, keepdim=True), begin, length, self.log_mel)[0]
        seen = mel_part(_seen(sample), begin, length, self.log_mel)
        return frames, mel, seen.exp().mean(0).log()


def mirrored(part: SyncBatch) -> SyncBatch:
    """Left and right of picture and sound changed: as true a piece as the other."""
    return SyncBatch(part.frames.flip(-1), part.mels.flip(0), part.times)


def both_channels(sound: Tensor) -> Tensor:
    """[1 or 2, N] -> [2, N]."""
    return sound.expand(2, -1) if len(sound) == 1 else sound[:2]


def _seen(sample: Sample) -> Tensor:
    return torch.from_numpy(sound_of(sample, "seen" if "seen" in sample.arrays else "sound"))


def _randint(below: int, draw: torch.Generator) -> int:
    return int(torch.randint(max(1, below), (), generator=draw))
