"""Speech of generated sentences by espeak-ng (formants) and flite (recorded voices)."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..splits import split_of
from .packages import ESPEAK, FLITE, Package, available
from .programs import rendered
from .recording import Recording
from .sentences import sentence

FLITE_VOICES = ("awb", "rms", "slt", "kal16")
ESPEAK_VOICES = (
    "en-us",
    "en-gb",
    "en-gb-scotland",
    "de",
    "fr",
    "it",
    "es",
    "pl",
    "sv",
)  # accents reading English
VARIANTS = ("", "+f2", "+f4", "+m3", "+m7", "+klatt2", "+whisper", "+croak")


def speech_recordings(count: int) -> list[Recording]:
    """Alternately from the two programs, of those that are installed."""
    programs = [p for p in (ESPEAK, FLITE) if available(p)]
    made = []
    for i in range(count if programs else 0):
        program = programs[i % len(programs)]
        name = f"{program.name}/{i}"
        made.append(Recording(name, "speech", split_of(name), partial(_spoken, program, i)))
    return made


def _spoken(program: Package, number: int) -> np.ndarray:
    rng = np.random.default_rng([2506, number])
    wave = _espeak(rng) if program is ESPEAK else _flite(rng)
    return wave * (rng.uniform(0.3, 0.95) / max(float(np.abs(wave).max()), 1e-3))


def _flite(rng: np.random.Generator) -> np.ndarray:
    voice, stretch = str(rng.choice(FLITE_VOICES)), f"duration_stretch={rng.uniform(0.85, 1.2):.2f}"
    arguments = [
        "-voice",
        voice,
        "--setf",
        stretch,
        "--setf",
        f"int_f0_target_mean={rng.uniform(90, 190):.0f}",
    ]
    return rendered(lambda text, out: ["flite", *arguments, "-f", str(text), "-o", str(out)], sentence(rng))


def _espeak(rng: np.random.Generator) -> np.ndarray:
    voice = str(rng.choice(ESPEAK_VOICES)) + str(rng.choice(VARIANTS))
    arguments = ["-v", voice, "-s", str(rng.integers(130, 190)), "-p", str(rng.integers(25, 75))]
    return rendered(
        lambda text, out: ["espeak-ng", *arguments, "-f", str(text), "-w", str(out)], sentence(rng)
    )
