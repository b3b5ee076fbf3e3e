"""The sounds of the packages that are installed, as shards for the codec and the vocoder.

    sound int16 [channels, N] at 44.1 kHz, at most LONGEST seconds; facts: {"class", "from"}; no caption

A sound that is longer becomes several samples. Shards that are there already are kept, so an interrupted run
goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...codec.presets import MEL_44K
from ...errors import InputError
from ...progress import Progress, silent
from ..shards import Header, Sample, write_header, write_shard
from ..shards.sample import FULL_SCALE
from ..shards.writer import shard_file
from .effects import effect_recordings
from .music import music_recordings
from .packages import PACKAGES
from .recording import RATE, Recording
from .singing import singing_recordings
from .speech import speech_recordings

SHARD = 32  # recordings in a shard: some 40 MB
LONGEST = 12  # seconds


@dataclass(frozen=True)
class Counts:
    """How many sounds are generated of each class that can be; effects are all that is installed."""

    speech: int
    singing: int
    music: int


def write_recordings(folder: Path, counts: Counts, progress: Progress = silent) -> int:
    """Returns how many sounds there are. Raises InputError where nothing is installed."""
    recordings = installed_recordings(counts)
    if not recordings:
        raise InputError(
            f"data recordings: none of the packages is installed; `apt install "
            f"{' '.join(p.name for p in PACKAGES)}` gives all of them, and any of them will do."
        )
    write_header(folder, _header(counts))
    for number in range(0, len(recordings), SHARD):
        part = recordings[number : number + SHARD]
        tar = shard_file(folder, number // SHARD)
        if not (tar.is_file() and tar.with_suffix(".json").is_file()):
            write_shard(folder, number // SHARD, _samples(part))
        progress("recordings", number + len(part), len(recordings))
    return len(recordings)


def installed_recordings(counts: Counts) -> list[Recording]:
    """All of them, in a fixed order."""
    return [
        *effect_recordings(),
        *speech_recordings(counts.speech),
        *singing_recordings(counts.singing),
        *music_recordings(counts.music),
    ]


def _header(counts: Counts) -> Header:
    """Says what the sounds come from: other packages or counts need another folder."""
    names = ", ".join(p.name for p in PACKAGES if p.installed)
    source = f"{names}; {counts.speech} speech, {counts.singing} singing, {counts.music} music"
    return Header(("sound",), {}, False, RATE, MEL_44K.hop, source)


def _samples(recordings: Sequence[Recording]) -> Iterator[Sample]:
    for recording in recordings:
        wave = recording.make()
        sound = (wave.clip(-1, 1) * FULL_SCALE).round().astype("<i2")
        total = sound.shape[1] / RATE
        for start in range(0, max(1, sound.shape[1]), LONGEST * RATE):
            yield _sample(recording, sound[:, start : start + LONGEST * RATE], start / RATE, total)


def _sample(recording: Recording, sound: np.ndarray, start: float, total: float) -> Sample:
    name = recording.name if start == 0 else f"{recording.name} at {start:g} s"
    facts = {"class": recording.kind, "from": recording.name}
    seconds = sound.shape[1] / RATE
    return Sample(name, "", seconds, start, total, recording.split, (), facts, {"sound": sound})
