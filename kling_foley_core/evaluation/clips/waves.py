"""What is measured of a clip's sound by itself and against its true sound, and whether it can be read at all.

The result is plain JSON, which is kept: {"why"} where the sound can't be used, else

    figures    name -> number or None, of measures/figures.py
    onsets     "sound" and "reference" -> ascending seconds
    notes      sentences about what could not be measured
    reference  whether there is a true sound that can be used
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from torch import Tensor

from ...errors import InputError
from .window import Window

if TYPE_CHECKING:
    from ...preview.motion import Movement

MOVED = "movement agreement"  # the one measure of waves that looks at the film
Waves = dict[str, Any]


def measured(sound: Window, true: Window | None, film: Window | None, seconds: float) -> Waves:
    """Of the first `seconds`. `film`: where its movement is asked for."""
    from ..measures.figures import figures
    from ..measures.hits import onsets_of

    notes: list[str] = []
    try:
        wave, rate = _first(sound, seconds)
    except InputError as error:
        return {"why": str(error)}
    reference = moved = None
    if true is not None:
        try:
            reference = _first(true, seconds)
        except InputError as error:
            notes.append(f"no reference: {error}")
    if film is not None:
        try:
            moved = _movement(film, wave.shape[1] / rate)
        except InputError as error:
            notes.append(f"{MOVED}: {error}")
    onsets = onsets_of(wave, rate, reference)
    found = figures(wave, rate, reference, onsets=onsets, moved=moved)
    heard = {"sound": onsets.sound, "reference": onsets.reference}
    return {
        "figures": {name: value if value is None else float(value) for name, value in found.items()},
        "onsets": {name: [float(t) for t in times] for name, times in heard.items() if times is not None},
        "notes": notes,
        "reference": reference is not None,
    }


def _first(window: Window, seconds: float) -> tuple[Tensor, int]:
    wave, rate = window.wave()
    return wave[:, : max(1, round(seconds * rate))], rate


def _movement(film: Window, seconds: float) -> Movement:
    """As far as the film lasts."""
    from ...media import probe
    from ...preview.watching import film_movement

    duration, length = probe(film.path).duration, Fraction(seconds).limit_denominator(1_000_000)
    if duration is not None:
        length = min(length, duration - Fraction(film.start))
    if length <= 0:
        raise InputError(f"{film.path} ends before {film.start:g} s; give an earlier start.")
    return film_movement(film.path, film.start, length)
