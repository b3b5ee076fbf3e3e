"""Crops of sounds from shards, for the codec and the vocoder.

    mel [B, bands, T] and the wave of the same frames [B, 1, T * hop], mono, float32

A crop's class is drawn by the recipe's shares, its clip by the clips' lengths, its place evenly; all of it
is a function of (seed, step). Random excerpts with replacement are the usual way of neural codecs; the paper
names its four classes only (section 5.3). A clip is read whole, one at a time, so memory holds one clip and
one batch. Mels are those of the whole clip: the sound around a crop is seen, and mirrored at the clip's ends.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...codec import LogMel, MelConfig
from ...codec.level import at_level
from ...codec.mel import FLOOR
from ...codec.presets import LEARNED_DB
from ...data.shards import Shards
from ...data.shards.sounds import mono_sound, of_classes, sound_class
from ...data.splits import HELD_OUT, TRAIN
from ...errors import InputError
from ...timing import MEL_PER_LATENT
from ..loop.seeds import generator_for
from ..setting import Setting
from .mel_crops import check_rate, context, mels_of, wide_part

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SoundData:
    """Classes are those that the samples name (`facts["class"]`); "other" stands for samples without one."""

    shares: dict[str, float]  # of each class in the batches; those that the shards lack are left out
    levelled: tuple[str, ...]  # classes that are brought to the one level a codec learns, if it learns one
    gain_db: tuple[float, float]  # each crop is made this much louder, at random


@dataclass(frozen=True)
class Place:
    """Sample and first mel frame, even, of a crop."""

    index: int
    start: int


class Sounds:
    """The sounds of shards as mono waves of whole latent frames, at the level that the codec learns."""

    def __init__(
        self, shards: Shards, mel: MelConfig, levelled: Sequence[str], level_db: float | None
    ) -> None:
        check_rate(shards, mel)
        self.shards, self.mel, self.levelled, self.level_db = shards, mel, frozenset(levelled), level_db
        self.log_mel = LogMel(mel)

    def frames(self, index: int) -> int:
        """Mel frames of a sample, an even number."""
        seconds = self.shards.entries[index].seconds
        return max(MEL_PER_LATENT, int(seconds * self.mel.sampling_rate / self.mel.hop / 2) * 2)

    def wave(self, index: int) -> Tensor:
        """[N] float32."""
        wave = torch.from_numpy(mono_sound(self.shards, index))
        if self.level_db is None or sound_class(self.shards.entries[index]) not in self.levelled:
            return wave
        return at_level(wave[None, None], self.level_db)[0, 0]

    def crops(self, places: Sequence[Place], frames: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """(mel [B, bands, frames], wave [B, 1, frames * hop]). What a clip is too short for is silence."""
        wide = [wide_part(self.wave(p.index)[None], p.start, frames, self.mel) for p in places]
        waves = torch.stack(wide).to(device)
        around = context(self.mel) * self.mel.hop
        return mels_of(waves[:, 0], self.log_mel), waves[..., around:-around]


def sounds_of(setting: Setting, data: SoundData) -> tuple[Sounds, Sounds]:
    """To train on, and held out."""
    preset = setting.preset
    level = LEARNED_DB.get(preset.vae)
    train, held_out = (
        Sounds(setting.shards(split, ("sound",)), preset.mel, data.levelled, level)
        for split in (TRAIN, HELD_OUT)
    )
    return train, held_out


class SoundCrops:
    """Random crops of the samples of a split."""

    def __init__(self, sounds: Sounds, data: SoundData, frames: int, seed: int) -> None:
        """Raises InputError where no sample has a class with a share."""
        self.sounds, self.data, self.frames, self.seed = sounds, data, frames, seed
        found = of_classes(sounds.shards)
        self.kinds = [kind for kind, share in data.shares.items() if share > 0 and kind in found]
        if not self.kinds:
            raise InputError(
                f"--data {sounds.shards.folders[0]}: its sounds are of the classes "
                f"{', '.join(found) or 'none'}, "
                f"and the recipe's data.shares has {', '.join(data.shares)}; give one of them a share."
            )
        _report_unused(found, self.kinds)
        self.shares = torch.tensor([data.shares[kind] for kind in self.kinds])
        self.of_kind = {kind: found[kind] for kind in self.kinds}
        self.ends = {kind: _ends(sounds, indices) for kind, indices in self.of_kind.items()}

    def places(self, step: int, count: int) -> list[Place]:
        """The global batch of a step; crops begin on latent frames."""
        draw = generator_for(self.seed, step, "batch")
        return [
            self._place(self.kinds[int(k)], draw)
            for k in torch.multinomial(self.shares, count, True, generator=draw)
        ]

    def batch(self, step: int, count: int, device: torch.device, positions: range) -> tuple[Tensor, Tensor]:
        """(mel, wave) of these positions in the global batch of `count` crops, each with its own gain."""
        places, share = self.places(step, count), slice(positions.start, positions.stop)
        gains = torch.rand(count, generator=generator_for(self.seed, step, "gain"))[share]
        mel, wave = self.sounds.crops(places[share], self.frames, device)
        low, high = self.data.gain_db
        return louder(mel, wave, (low + (high - low) * gains).to(device), self.sounds.mel)

    def _place(self, kind: str, draw: torch.Generator) -> Place:
        ends = self.ends[kind]
        at = torch.rand((), generator=draw, dtype=torch.float64) * ends[-1]
        index = self.of_kind[kind][min(int(torch.searchsorted(ends, at, right=True)), len(ends) - 1)]
        room = max(0, self.sounds.frames(index) - self.frames) // 2
        return Place(index, 2 * int(torch.randint(room + 1, (), generator=draw)))


def louder(mel: Tensor, wave: Tensor, gain_db: Tensor, config: MelConfig) -> tuple[Tensor, Tensor]:
    """Log mel and wave by gain_db [B]; the mel stays above its floor."""
    log = math.log(10) if config.log == "ln" else 1.0
    floor = math.log(FLOOR) if config.log == "ln" else math.log10(FLOOR)
    gain_db = gain_db.view(-1, 1, 1)
    return (mel + gain_db / 20 * log).clamp(min=floor), wave * 10 ** (gain_db / 20)


def _ends(sounds: Sounds, indices: list[int]) -> Tensor:
    """Where each clip ends if all are laid in a row, in seconds: a draw that goes by length."""
    lengths = [sounds.shards.entries[i].seconds for i in indices]
    return torch.tensor(lengths, dtype=torch.float64).cumsum(0)


def _report_unused(found: dict[str, list[int]], used: list[str]) -> None:
    for kind, indices in found.items():
        if kind not in used:
            logger.warning(
                "%d samples of class %s are not used: the recipe's data.shares gives it none.",
                len(indices), kind,
            )  # fmt: skip


def validation_places(sounds: Sounds, most: int) -> dict[str, list[Place]]:
    """The beginnings of the first clips of every class, at most so many."""
    return {
        kind: [Place(i, 0) for i in indices[:most]] for kind, indices in of_classes(sounds.shards).items()
    }
