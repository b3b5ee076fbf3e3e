"""Crops of sounds from shards, for the codec and the vocoder.

    mel [B, bands, T] and the wave of the same frames [B, 1, T * hop], mono, float32

A crop's class is drawn by the recipe's shares, its clip by the clips' lengths, its place evenly; all of it
is a function of (seed, step). Random excerpts with replacement are the usual way of neural codecs; the paper
names its four classes only (section 5.3). A clip is read whole, one at a time, so memory holds one clip and
one batch. Mels are those of the whole clip: the sound around a crop is seen, and mirrored at the clip's ends.
"""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...codec import LogMel, MelConfig
from ...codec.level import at_level
from ...codec.mel import FLOOR
from ...codec.stft import frame_padding
from ...data.shards import Shards
from ...data.shards.sample import FULL_SCALE
from ...errors import InputError
from ...timing import MEL_PER_LATENT
from ..loop.seeds import generator_for

logger = logging.getLogger(__name__)

OTHER = "other"  # of samples without a class


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


def sound_class(kind: str) -> str:
    return kind or OTHER


def one_channel(name: str, wave: Tensor) -> Tensor:
    """[C, N] -> [N]: half of the clips are mixed down, the others are one of their channels, by their name.

    The codec codes mixes when it is used; single channels show it what a mix hides (our choice).
    """
    draw = hashlib.sha256(f"channel {name}".encode()).digest()[0]
    if draw < 128 or len(wave) == 1:
        return wave.mean(0)
    return wave[draw % len(wave)]


def check_rate(shards: Shards, mel: MelConfig) -> None:
    """InputError where sounds have another rate than the preset's codec."""
    rate = shards.header.sampling_rate
    if rate != mel.sampling_rate:
        raise InputError(
            f"--data {shards.folders[0]}: its sounds have {rate} Hz, and the preset's codec works at "
            f"{mel.sampling_rate} Hz; make shards for this preset, or choose another preset."
        )


class Sounds:
    """The sounds of shards as mono waves of whole latent frames, at the level that the codec learns."""

    def __init__(
        self, shards: Shards, mel: MelConfig, levelled: Sequence[str], level_db: float | None
    ) -> None:
        check_rate(shards, mel)
        self.shards, self.mel, self.levelled, self.level_db = shards, mel, frozenset(levelled), level_db
        self.log_mel = LogMel(mel)
        self.context = -(-frame_padding(mel.n_fft, mel.hop) // mel.hop)  # mel frames

    def classes(self) -> dict[str, list[int]]:
        """Class -> samples that have a sound."""
        found: dict[str, list[int]] = {}
        for index, entry in enumerate(self.shards.entries):
            if "sound" in entry.members:
                found.setdefault(sound_class(entry.kind), []).append(index)
        return found

    def frames(self, index: int) -> int:
        """Mel frames of a sample, an even number."""
        seconds = self.shards.entries[index].seconds
        return max(MEL_PER_LATENT, int(seconds * self.mel.sampling_rate / self.mel.hop / 2) * 2)

    def wave(self, index: int) -> Tensor:
        """[N] float32."""
        sample = self.shards.read(index, ("sound",))
        stereo = torch.from_numpy(sample.arrays["sound"]).float() / FULL_SCALE
        wave = one_channel(sample.id, stereo)
        if self.level_db is None or sound_class(self.shards.entries[index].kind) not in self.levelled:
            return wave
        return at_level(wave[None, None], self.level_db)[0, 0]

    def crops(self, places: Sequence[Place], frames: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """(mel [B, bands, frames], wave [B, 1, frames * hop]). What a clip is too short for is silence."""
        hop, around = self.mel.hop, self.context * self.mel.hop
        waves = []
        for place in places:
            wave = self.wave(place.index)
            least = (place.start + max(frames, self.context + 1)) * hop
            wave = F.pad(wave, (0, max(0, least - len(wave))))
            wave = F.pad(wave[None], (around, around), mode="reflect")[0]
            waves.append(wave[place.start * hop :][: frames * hop + 2 * around])
        wide = torch.stack(waves).to(device)
        mel = self.log_mel(wide)[..., self.context : self.context + frames]
        return mel, wide[:, None, around:-around]


class SoundCrops:
    """Random crops of the samples of a split."""

    def __init__(self, sounds: Sounds, data: SoundData, frames: int, seed: int) -> None:
        """Raises InputError where no sample has a class with a share."""
        self.sounds, self.data, self.frames, self.seed = sounds, data, frames, seed
        found = sounds.classes()
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

    def batch(
        self, step: int, count: int, device: torch.device, share: slice = slice(None)
    ) -> tuple[Tensor, Tensor]:
        """`share` of the global batch of `count` crops: (mel, wave), each crop with its own gain."""
        places = self.places(step, count)
        gains = torch.rand(count, generator=generator_for(self.seed, step, "gain"))
        mel, wave = self.sounds.crops(places[share], self.frames, device)
        low, high = self.data.gain_db
        return louder(mel, wave, (low + (high - low) * gains[share]).to(device), self.sounds.mel)

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
