"""Held-out sounds to measure a codec on: samples of shards, or files of a manifest or a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ...data.manifest import Clip, read_manifest
from ...data.shards import Shards
from ...data.shards.header import NAME
from ...data.shards.sounds import OTHER, mono_sound, one_channel, sound_class
from ...data.splits import HELD_OUT
from ...errors import InputError
from ...media import load_audio


@dataclass(frozen=True)
class HeldOutSound:
    kind: str  # class of sound
    wave: Callable[[], np.ndarray]  # reads it: mono float32 [N] at the rate asked for


def held_out_sounds(data: Sequence[Path], rate: int) -> list[HeldOutSound]:
    """`data`: folders of shards; or manifests and folders of sounds. Raises InputError where nothing is held
    out, or shards have another rate."""
    if all((path / NAME).is_file() for path in data):
        return _of_shards(data, rate)
    clips = [clip for path in data for clip in read_manifest(path, {}).clips if clip.split == HELD_OUT]
    if not clips:
        raise InputError(f"--data {' '.join(map(str, data))}: no sound is held out; give its split held_out.")
    return [HeldOutSound(clip.kind or OTHER, partial(_read, clip, rate)) for clip in clips]


def _of_shards(folders: Sequence[Path], rate: int) -> list[HeldOutSound]:
    shards = Shards(folders, HELD_OUT, needs=("sound",))
    if shards.header.sampling_rate != rate:
        raise InputError(
            f"--data {folders[0]}: its sounds have {shards.header.sampling_rate} Hz, and the model's codec "
            f"works at {rate} Hz; make shards for this model."
        )
    return [
        HeldOutSound(sound_class(shards.entries[index]), partial(mono_sound, shards, index))
        for index in shards.having(("sound",))
    ]


def _read(clip: Clip, rate: int) -> np.ndarray:
    wave = load_audio(clip.sound, sampling_rate=rate)[0].numpy()
    first = round(clip.start * rate)
    last = None if clip.seconds is None else first + round(clip.seconds * rate)
    return one_channel(clip.id, wave[:, first:last])
