"""Recorded sound effects and loops from the sample collections of Debian.

Sonic Pi's are CC0 and serve training and tests. The desktop theme's carry share-alike licences and serve
tests only, so that the weights owe nothing; they also are the one collection that training knows nothing of.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from ...media import load_audio
from ..splits import HELD_OUT, split_of
from .packages import SONIC_PI, THEME, available
from .recording import RATE, Recording

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


def effect_recordings() -> list[Recording]:
    return [
        Recording(
            name, kind, HELD_OUT if name.startswith(THEME.name) else split_of(name), partial(_read, file)
        )
        for name, kind, file in effect_files()
    ]


def _read(file: Path) -> np.ndarray:
    return load_audio(file, sampling_rate=RATE)[0].numpy()
