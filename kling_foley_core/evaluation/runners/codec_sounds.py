"""The sounds that a codec is measured on, by class: all of a folder, or what a data set holds out.

A folder's classes are the names of the folders in it (speech, singing, music, effects in the paper's table 3,
or any); a sound beside them is of class "other".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from ...data.manifest import Clip, read_manifest
from ...data.manifest.media_files import FILMS, SOUNDS, files_below
from ...data.shards import Shards
from ...data.shards.header import NAME
from ...data.shards.sounds import OTHER, mono_sound, one_channel, sound_class
from ...data.splits import HELD_OUT
from ...errors import InputError
from ...media import load_audio


@dataclass(frozen=True)
class CodecSound:
    name: str
    kind: str  # its class
    read: Callable[[], tuple[Tensor, int]]  # float32 [C, N] and its rate; InputError for what can't be read
    path: Path | None = None  # of its file, which messages name

    @property
    def place(self) -> str:
        return str(self.path or self.name)


def folder_sounds(folder: Path) -> list[CodecSound]:
    """All sounds below it, and the sounds of films. InputError where there is none."""
    if folder.is_file():
        raise InputError(f"--sounds {folder}: it is a file; give the folder that it lies in.")
    if not folder.is_dir():
        raise InputError(f"--sounds {folder}: there is no such folder.")
    paths = [path for path in files_below(folder) if path.suffix.lower() in SOUNDS | FILMS]
    if not paths:
        suffixes = ", ".join(sorted(suffix[1:] for suffix in SOUNDS))
        raise InputError(f"--sounds {folder}: no sound ({suffixes}) or film is in it or below it.")
    found = []
    for path in paths:
        name = path.relative_to(folder)
        kind = name.parts[0] if len(name.parts) > 1 else OTHER
        found.append(CodecSound(name.as_posix(), kind, partial(load_audio, path), path))
    return found


def held_out_sounds(data: Sequence[Path]) -> list[CodecSound]:
    """One channel of each sound. `data`: folders of shards; or manifests and folders of sounds. InputError
    where nothing is held out."""
    if all((path / NAME).is_file() for path in data):
        return _of_shards(data)
    clips = [clip for path in data for clip in read_manifest(path, {}).clips if clip.split == HELD_OUT]
    if not clips:
        raise InputError(f"--data {' '.join(map(str, data))}: no sound is held out; give its split held_out.")
    return [CodecSound(clip.id, clip.kind or OTHER, partial(_clip, clip), clip.sound) for clip in clips]


def _of_shards(folders: Sequence[Path]) -> list[CodecSound]:
    shards = Shards(folders, HELD_OUT, needs=("sound",))
    found = []
    for index in shards.having(("sound",)):
        entry = shards.entries[index]
        found.append(CodecSound(entry.id, sound_class(entry), partial(_sample, shards, index)))
    return found


def _sample(shards: Shards, index: int) -> tuple[Tensor, int]:
    return torch.from_numpy(mono_sound(shards, index))[None], shards.header.sampling_rate


def _clip(clip: Clip) -> tuple[Tensor, int]:
    wave, rate = load_audio(clip.sound)
    first = round(clip.start * rate)
    last = None if clip.seconds is None else first + round(clip.seconds * rate)
    return torch.from_numpy(one_channel(clip.id, wave[:, first:last].numpy()))[None], rate
