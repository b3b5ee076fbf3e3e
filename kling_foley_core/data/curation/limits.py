"""Thresholds of the curation (paper sections 3 and 5.1).

The paper states one number, a silence ratio below 0.2, and "above 720P"; for SNR, clipping, bandwidth and
the agreement of sound and caption it names the measure alone. The other defaults are our choice: they reject
what is broken or tells the encoders nothing, and leave taste to --limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

from ...errors import InputError
from .measures import Measures


@dataclass(frozen=True)
class Limits:
    """What a piece needs to be used: at most (silence_ratio, clipping_ratio, dc_offset), else at least."""

    silence_ratio: float  # share of time
    snr_db: float
    bandwidth: float  # Hz
    clipping_ratio: float  # share of samples
    level_db: float  # dB of full scale
    dc_offset: float  # share of full scale
    short_side: float  # pixels of the film's shorter side
    fps: float  # frames a second of the film
    clap: float  # agreement of sound and caption, -1 to 1, where it is measured
    stereo: float  # 1: two channels that differ, 0: any sound


DEFAULT = Limits(
    silence_ratio=0.2,  # the paper's
    snr_db=-20.0,  # the measure's lowest: rain is noise to it. 10 where steady sounds are not wanted
    bandwidth=4000.0,  # telephones end below
    clipping_ratio=0.02,
    level_db=-60.0,
    dc_offset=0.05,
    short_side=224.0,  # what the sync encoder sees; the paper asks for 720
    fps=8.0,  # the visual encoder's rate
    clap=0.0,
    stereo=0.0,  # a stereo renderer is trained with 1
)
AT_MOST = ("silence_ratio", "clipping_ratio", "dc_offset")
UNITS = {
    "silence_ratio": "of the time", "snr_db": "dB", "bandwidth": "Hz", "clipping_ratio": "of the samples",
    "level_db": "dB", "dc_offset": "of full scale", "short_side": "pixels", "fps": "frames a second",
    "clap": "", "stereo": "",
}  # fmt: skip


@dataclass(frozen=True)
class Miss:
    """A limit that a piece does not keep."""

    name: str
    value: float
    limit: float

    def __str__(self) -> str:
        side = "above" if self.name in AT_MOST else "below"
        return f"{self.name} {self.value:.4g} is {side} {self.limit:g}"


def misses(measures: Measures, limits: Limits) -> Iterator[Miss]:
    """Of every limit that is missed. What a piece does not have, such as the film of a sound, or could not be
    measured, is not compared."""
    for field in fields(Limits):
        value, limit = measured(measures, field.name), getattr(limits, field.name)
        if value is not None and (value > limit if field.name in AT_MOST else value < limit):
            yield Miss(field.name, value, limit)


def measured(measures: Measures, name: str) -> float | None:
    """The value that the limit of this name is compared with."""
    if name == "clap":
        return measures.clap
    if name == "stereo":
        return float(measures.sound.is_stereo)
    if name in ("short_side", "fps"):
        return getattr(measures.film, name) if measures.film else None
    return getattr(measures.sound, name)


def checked_limits(given: Mapping[str, str]) -> Limits:
    """The defaults with those of `given`, name -> number as text. Raises InputError."""
    names = [field.name for field in fields(Limits)]
    values = {}
    for name, text in given.items():
        if name not in names:
            raise InputError(f"--limit {name}={text}: there is no such limit; choose {', '.join(names)}.")
        try:
            values[name] = float(text)
        except ValueError:
            values[name] = math.nan
        if math.isnan(values[name]):
            raise InputError(f"--limit {name}={text}: give a number, such as {getattr(DEFAULT, name):g}.")
    return replace(DEFAULT, **values)
