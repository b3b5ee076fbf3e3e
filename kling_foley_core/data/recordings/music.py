"""General-MIDI music, generated, played by FluidSynth from a free soundfont."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..splits import split_of
from .midi import Note, midi_file
from .packages import FLUIDSYNTH, SOUNDFONT, available
from .programs import rendered
from .recording import RATE, Recording

PROGRESSIONS = ((0, 5, 3, 4), (0, 3, 4, 0), (5, 3, 0, 4), (0, 4, 5, 3), (0, 1, 4, 0))  # degrees of the scale
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
CHORDS, BASSES, MELODIES = range(0, 24), range(32, 40), range(40, 112)  # General MIDI instruments
KICK, SNARE, HAT, DRUMS = 36, 38, 42, 9
BARS = 4


def music_recordings(count: int) -> list[Recording]:
    names = [f"fluidsynth/{i}" for i in range(count if available(FLUIDSYNTH, SOUNDFONT) else 0)]
    return [Recording(n, "music", split_of(n), partial(_played, i)) for i, n in enumerate(names)]


def _played(number: int) -> np.ndarray:
    rng = np.random.default_rng([1811, number])
    options = ["-q", "-n", "-i", "-g", f"{rng.uniform(0.3, 0.9):.2f}", "-r", str(RATE)]
    return rendered(
        lambda tune, out: ["fluidsynth", *options, "-F", str(out), SOUNDFONT.file, str(tune)], piece(rng)
    )


def piece(rng: np.random.Generator) -> bytes:
    """Four bars as a MIDI file: one to four of the parts play."""
    scale = MAJOR if rng.uniform() < 0.6 else MINOR
    root, beat = int(rng.integers(45, 57)), 60 / rng.uniform(70, 150)
    progression = PROGRESSIONS[rng.integers(len(PROGRESSIONS))]
    players = [p for p in (_chords, _bass, _melody, _drums) if rng.uniform() < 0.6] or [_melody]
    programs = {0: rng.choice(CHORDS), 1: rng.choice(BASSES), 2: rng.choice(MELODIES)}
    notes = [
        n for bar in range(BARS) for p in players for n in p(rng, scale, root, progression[bar], bar, beat)
    ]
    return midi_file({c: int(p) for c, p in programs.items()}, notes)


def _key(scale: tuple[int, ...], root: int, degree: int) -> int:
    return root + 12 * (degree // 7) + scale[degree % 7]


def _velocity(rng: np.random.Generator) -> int:
    return int(rng.integers(50, 115))


def _chords(rng, scale, root, degree, bar, beat) -> list[Note]:
    keys = [_key(scale, root, degree + third) for third in (0, 2, 4)]
    return [Note(bar * 4 * beat, 3.8 * beat, 0, key, _velocity(rng)) for key in keys]


def _bass(rng, scale, root, degree, bar, beat) -> list[Note]:
    key = _key(scale, root - 12, degree)
    return [Note((bar * 4 + b) * beat, 0.8 * beat, 1, key, _velocity(rng)) for b in range(4)]


def _melody(rng, scale, root, degree, bar, beat) -> list[Note]:
    notes, at = [], 0.0
    while at < 4:
        length = float(rng.choice([0.5, 1.0, 2.0]))
        key = _key(scale, root + 12, degree + int(rng.integers(0, 7)))
        if rng.uniform() < 0.85:
            notes.append(Note((bar * 4 + at) * beat, 0.9 * length * beat, 2, key, _velocity(rng)))
        at += length
    return notes


def _drums(rng, scale, root, degree, bar, beat) -> list[Note]:
    notes = []
    for eighth in range(8):
        keys = [HAT] + [KICK] * (eighth % 4 == 0) + [SNARE] * (eighth % 4 == 2)
        notes += [Note((bar * 4 + eighth / 2) * beat, 0.1, DRUMS, key, _velocity(rng)) for key in keys]
    return notes
