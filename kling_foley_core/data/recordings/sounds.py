"""All sounds for codec and vocoder in one bank, made on first use and kept in the cache folder.

Recordings are of any level; here they have the one to which the codec brings a sound that it encodes. The
world's sounds stay as they are, as their levels are what the generator learns.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ...codec import MelConfig
from ...codec.level import at_level
from ...codec.presets import LEARNED_DB, VAE_SMALL
from ...errors import InputError
from ...foley_world.fingerprint import world_fingerprint
from ...progress import Progress
from .bank import SoundBank, build_bank
from .clip import HELD_OUT, KINDS, TRAIN, Clip
from .effects import effect_clips, effect_files
from .music import music_clips
from .packages import PACKAGES
from .singing import singing_clips
from .speech import speech_clips
from .world import world_clips

LEVEL = LEARNED_DB[VAE_SMALL]


@dataclass(frozen=True)
class SoundData:
    """How many clips of what; recordings are all those that are installed."""

    world: int  # scenes to learn from
    world_held_out: int
    world_seconds: float
    speech: int
    singing: int
    music: int
    shares: dict[str, float]  # of each kind in a batch

    def __post_init__(self) -> None:
        if not set(self.shares) <= set(KINDS):
            raise InputError(f"data.shares = {self.shares}: the kinds are {', '.join(KINDS)}.")


def sound_bank(cache: Path, data: SoundData, mel: MelConfig, progress: Progress) -> SoundBank:
    """The bank of this recipe, from the cache or made now."""
    folder = bank_folder(cache, data, mel)
    if not folder.is_dir():
        recordings = itertools.chain(
            effect_clips(), speech_clips(data.speech), singing_clips(data.singing), music_clips(data.music)
        )
        clips = itertools.chain(
            world_clips(HELD_OUT, data.world_held_out, data.world_seconds),
            at_learned_level(recordings),
            world_clips(TRAIN, data.world, data.world_seconds),
        )
        counts = (data.world, data.world_held_out, data.speech, data.singing, data.music)
        total = sum(counts) + len(effect_files())
        build_bank(folder, clips, mel, total=total, progress=progress)
    return SoundBank(folder, mel)


def at_learned_level(clips: Iterable[Clip]) -> Iterator[Clip]:
    for clip in clips:
        wave = torch.from_numpy(clip.wave).float().clamp(-1, 1)
        yield replace(clip, wave=at_level(wave[None, None], LEVEL)[0, 0].numpy())


def bank_folder(cache: Path, data: SoundData, mel: MelConfig) -> Path:
    """Another one for other sizes or levels, other packages, or another state of the world's code."""
    installed = [p.name for p in PACKAGES if p.installed]
    sizes = (data.world, data.world_held_out, data.world_seconds, data.speech, data.singing, data.music)
    words = f"{sizes} {installed} {mel} {LEVEL} {world_fingerprint()}"
    return cache / f"sounds-{hashlib.sha256(words.encode()).hexdigest()[:12]}"
