"""Recorded sound effects and loops from the sample collections of Debian, as clips.

Sonic Pi's are CC0 and serve training and tests. The desktop theme's carry share-alike licences and serve
tests only, so that the weights owe nothing; they also are the one collection that training knows nothing of.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...media import load_audio
from .clip import HELD_OUT, RATE, Clip, one_channel, split_of
from .packages import SONIC_PI, THEME, available

SUFFIXES = (".flac", ".wav", ".oga", ".ogg")
MUSIC = ("loop_", "bass_", "guit_", "ambi_piano", "ambi_choir")  # names in Sonic Pi's collection
TEST_SIGNALS = ("audio-", "ambi_choir_long")


def effect_files() -> list[tuple[str, str, Path]]:
    """(name, kind, file) of every recording that is installed, in a fixed order."""
    found = []
    for package in (SONIC_PI, THEME):
        if available(package):
            files = sorted(p for p in Path(package.file).iterdir() if p.suffix in SUFFIXES)
            for file in files:
                if not file.name.startswith(TEST_SIGNALS):
                    kind = "music" if file.name.startswith(MUSIC) else "effects"
                    found.append((f"{package.name}/{file.name}", kind, file))
    return found


def effect_clips() -> Iterator[Clip]:
    for name, kind, file in effect_files():
        wave, _ = load_audio(file, sampling_rate=RATE)
        split = HELD_OUT if name.startswith(THEME.name) else split_of(name)
        yield Clip(name, kind, split, one_channel(name, wave.numpy()))
