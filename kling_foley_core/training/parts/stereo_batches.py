"""Batches for the stereo renderer: stereo sound and the sync tokens of the same stretch of film.

mels [B, 3, M, T] left, right, mono = (left + right) / 2; sync tokens [B, Ts, Ds]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...codec import LogMel
from ...data.shards import Batches, Crop, Entry, Shards
from ...data.shards.sounds import sound_of
from ...encoders.sync.motion import tokens_of
from ...errors import InputError
from ...presets import Preset
from ...timing import SYNC_FPS, SYNC_SEGMENT, SYNC_STEP, SYNC_TOKENS_PER_SEGMENT, sync_tokens
from ..crops import latents_per_frame, random_start
from ..loop.seeds import generator_for
from .mel_crops import check_rate, mel_part

LEFT, RIGHT, MONO = range(3)  # of `mels`
NPY_HEADER = 128  # bytes before an array's values


@dataclass(frozen=True)
class StereoBatch:
    mels: Tensor
    sync: Tensor

    def to(self, device: torch.device) -> StereoBatch:
        return StereoBatch(self.mels.to(device), self.sync.to(device))


class StereoSamples:
    """The samples of a split that have sound and sync tokens."""

    def __init__(self, shards: Shards, preset: Preset, seconds: float) -> None:
        """Raises InputError where a sound is mono, or the sync tokens are not the preset's."""
        check_rate(shards, preset.mel)
        self.shards, self.seconds, self.log_mel = shards, seconds, LogMel(preset.mel)
        self.every_frame, self.per_frame = shards.header.every_frame, latents_per_frame(preset.mel)
        self.used = shards.having(("sound", "sync"))
        _check_stereo(shards, self.used, preset.mel.sampling_rate)
        width = shards.read(self.used[0], ("sync",)).arrays["sync"].shape[1]
        if width != preset.stereo.sync_dim:
            raise InputError(
                f"--data {shards.folders[0]}: its sync tokens have {width} values, the stereo renderer of "
                f"preset {preset.name} takes {preset.stereo.sync_dim}: extract with that preset's encoders."
            )

    def __len__(self) -> int:
        return len(self.used)

    def batches(self, batch: int, seed: int) -> Batches:
        """Which of the samples make up which batch."""
        entries = [self.shards.entries[i] for i in self.used]
        return Batches(entries, (Crop(self.seconds, batch, 1.0),), seed)

    def batch(self, chosen: Sequence[int], seed: int, step: int, first: int) -> StereoBatch:
        """A crop of each. `first`: the first one's position in the global batch."""
        pieces = [
            self._piece(i, generator_for(seed, step, f"crop {position}"))
            for position, i in enumerate(chosen, first)
        ]
        mels, sync = zip(*pieces, strict=True)
        return StereoBatch(torch.stack(mels), torch.stack(sync))

    def _piece(self, number: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
        index, frames = self.used[number], round(self.seconds * SYNC_FPS)
        sample = self.shards.read(index, ("sound", "sync"))
        sync = torch.from_numpy(sample.arrays["sync"]).float()
        start = random_start(self._frames(len(sync)), frames, draw, self.per_frame, self.every_frame)
        mel_frames = 2 * self.per_frame
        waves = torch.from_numpy(sound_of(sample))
        waves = torch.cat([waves, waves.mean(0, keepdim=True)])
        mels = mel_part(waves, round(start * mel_frames), int(frames * mel_frames), self.log_mel)
        return mels, sync_crop(sync, start, frames, self.every_frame)

    def _frames(self, vectors: int) -> int:
        """Frames of the film that `sync` stands for."""
        if self.every_frame:
            return vectors
        return (vectors // SYNC_TOKENS_PER_SEGMENT - 1) * SYNC_STEP + SYNC_SEGMENT


def sync_crop(sync: Tensor, start: int, frames: int, every_frame: bool) -> Tensor:
    """Sync tokens of frames start to start + frames, of a vector for every frame or of tokens of segments,
    where `start` is a segment's first frame."""
    if every_frame:
        return tokens_of(sync[None, start : start + frames])[0]
    first = start // SYNC_STEP * SYNC_TOKENS_PER_SEGMENT
    return sync[first : first + sync_tokens(frames / SYNC_FPS)]


def _check_stereo(shards: Shards, used: Sequence[int], rate: int) -> None:
    """By the sizes in the index: no sound is read."""
    mono = [shards.entries[i] for i in used if _channels(shards.entries[i], rate) < 2]
    if mono:
        raise InputError(
            f"--data {shards.folders[0]}: {len(mono)} of {len(used)} samples are mono where stereo is needed "
            f"(the first: {mono[0].id}); make shards of stereo recordings alone."
        )


def _channels(entry: Entry, rate: int) -> int:
    values = (entry.members["sound"][1] - NPY_HEADER) / 2
    return round(values / max(1.0, entry.seconds * rate))
