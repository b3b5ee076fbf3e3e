"""Singing by Festival's singing mode: generated melodies on generated words, a diphone voice."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from ..splits import split_of
from .packages import FESTIVAL, VOICE, available
from .programs import rendered
from .recording import Recording

# One syllable each, so that every word takes one note.
WORDS = (
    "rain sun moon dream home night light sea blow ring come fly low sweet shine young song long way day"
).split()
SCALES = ((0, 2, 4, 5, 7, 9, 11, 12), (0, 2, 3, 5, 7, 8, 10, 12), (0, 2, 4, 7, 9, 12))
NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
HEAD = (
    '<?xml version="1.0"?>\n'
    '<!DOCTYPE SINGING PUBLIC "-//SINGING//DTD SINGING mark up//EN" "Singing.v0_1.dtd" []>'
)


def singing_recordings(count: int) -> list[Recording]:
    names = [f"festival/{i}" for i in range(count if available(FESTIVAL, VOICE) else 0)]
    return [Recording(n, "singing", split_of(n), partial(_sung, i)) for i, n in enumerate(names)]


def _sung(number: int) -> np.ndarray:
    rng = np.random.default_rng([1977, number])
    wave = rendered(_command, song(rng))
    return wave * (rng.uniform(0.3, 0.95) / max(float(np.abs(wave).max()), 1e-3))


def _command(song: Path, out: Path) -> list[str]:
    return ["text2wave", "-mode", "singing", str(song), "-o", str(out)]


def song(rng: np.random.Generator) -> str:
    """A random walk on a scale, 8 to 12 notes, in Festival's markup."""
    scale, degree = SCALES[rng.integers(len(SCALES))], int(rng.integers(0, 5))
    root = int(rng.integers(43, 58))  # MIDI notes: G2 .. A3
    lines = []
    for _ in range(rng.integers(8, 13)):
        degree = int(np.clip(degree + rng.integers(-2, 3), 0, len(scale) - 1))
        octave, note = divmod(root + scale[degree], 12)
        beats = float(rng.choice([0.5, 1.0, 1.0, 2.0]))
        word = str(rng.choice(WORDS))
        lines.append(
            f'<DURATION BEATS="{beats}"><PITCH NOTE="{NOTES[note]}{octave - 1}">{word}</PITCH></DURATION>'
        )
    return f'{HEAD}\n<SINGING BPM="{rng.integers(80, 140)}">\n' + "\n".join(lines) + "\n</SINGING>\n"
