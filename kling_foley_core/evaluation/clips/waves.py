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
SOUND, REFERENCE, FILM = "the sound", "the reference", "the film"
EARLY = {SOUND: "what is missing counts as silence", REFERENCE: "nothing behind it is compared"}
Waves = dict[str, Any]


def measured(sound: Window, true: Window | None, film: Window | None, seconds: float, moves: bool) -> Waves:
    """Of the first `seconds`. `moves`: the film's movement is asked for."""
    from ..measures.figures import ends_early, figures
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
    lasts, end = wave.shape[1] / rate, None
    try:
        end = film and _end(film, seconds)
        if film and moves:
            moved = _movement(film, end if end and ends_early(lasts, end) else lasts)
    except InputError as error:
        notes += [f"{MOVED}: {error}"] if moves else []
    notes += _early(lasts, reference and reference[0].shape[1] / reference[1], end)
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


def _early(sound: float, reference: float | None, film: float | None) -> list[str]:
    """What ends, in seconds, before the judged part of the film does, or without a film before the other."""
    from ..measures.figures import ends_early

    ends = {SOUND: sound, REFERENCE: reference, FILM: film}
    notes = []
    for what, others in ((SOUND, (REFERENCE, FILM)), (REFERENCE, (SOUND if film is None else FILM,))):
        lasting = [(ends[other], other) for other in others if ends[other] is not None]
        if ends[what] is None or not lasting:
            continue
        end, other = max(lasting)
        if ends_early(ends[what], end):
            notes.append(f"{what} ends at {ends[what]:.2f} s, {other} at {end:.2f} s: {EARLY[what]}.")
    return notes


def _end(film: Window, seconds: float) -> float | None:
    """Of its judged part, in seconds from the part's start; None for a still picture."""
    from ...media import probe

    duration = probe(film.path).duration
    if duration is None:
        return None
    judged = seconds if film.seconds is None else min(seconds, film.seconds)
    return min(judged, float(duration - Fraction(film.start)))


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
