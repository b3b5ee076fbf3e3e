"""Measures of the pieces of one clip: each file is decoded once for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from ....errors import InputError
from ....media import probe, read_views
from ....media.audio_windows import SoundWindow, sound_windows
from .bandwidth import bandwidth
from .cache import MeasureCache, content
from .clipping import clipping_ratio
from .film_fingerprint import VIEW, film_fingerprint
from .level import level_db
from .measures import FilmMeasures, Measures, SoundMeasures
from .offset import dc_offset
from .silence import silence_ratio
from .snr import snr_db
from .sound_fingerprint import sound_fingerprint
from .spectrum import short_time_power
from .stereo import balance_db, side_db

if TYPE_CHECKING:
    from ..clap import Clap

Span = tuple[float, float]  # start, seconds


def measure(
    video: Path | None,
    audio: Path | None,
    spans: Sequence[Span],
    *,
    caption: str = "",
    clap: Clap | None = None,
    cache: MeasureCache,
) -> list[Measures]:
    """Of each span, in the order of their starts. `audio` None: the film's own sound. InputError where a file
    can't be read, or a span has no sound or is not within the film."""
    keys = _keys(video, audio, spans, caption, clap)
    known = [cache.load(key) for key in keys]
    missing = [k for k, measures in enumerate(known) if measures is None]
    made = _measured(video, audio or video, [spans[k] for k in missing], caption, clap) if missing else ()
    for k, measures in zip(missing, made, strict=True):
        cache.save(keys[k], measures)
        known[k] = measures
    return known


def _keys(
    video: Path | None, audio: Path | None, spans: Sequence[Span], caption: str, clap: Clap | None
) -> list[str]:
    files = " ".join("-" if path is None else content(path) for path in (video, audio))
    words = "" if clap is None else f" {clap.key} {caption}"
    return [f"{files} {start!r} {seconds!r}{words}" for start, seconds in spans]


def _measured(
    video: Path | None, sound: Path, spans: Sequence[Span], caption: str, clap: Clap | None
) -> Iterator[Measures]:
    for span, window in zip(spans, sound_windows(sound, spans), strict=True):
        if not window.wave.shape[1]:
            raise InputError(f"'{sound}' has no sound from {span[0]:g} s on; choose an earlier part of it.")
        agreement = clap.agreement(window.wave, window.rate, caption) if clap and caption else None
        yield Measures(sound_measures(window), film_measures(video, span) if video else None, agreement)


def sound_measures(window: SoundWindow) -> SoundMeasures:
    wave, rate = window.wave, window.rate
    spectrum = short_time_power(wave, rate)
    return SoundMeasures(
        seconds=wave.shape[1] / rate,
        rate=rate,
        channels=wave.shape[0],
        level_db=level_db(wave),
        snr_db=snr_db(spectrum),
        bandwidth=bandwidth(spectrum),
        clipping_ratio=clipping_ratio(wave),
        silence_ratio=silence_ratio(wave, rate),
        dc_offset=dc_offset(wave),
        side_db=side_db(wave),
        balance_db=balance_db(wave),
        print=sound_fingerprint(wave, rate).astype("<u4").tobytes().hex(),
        damage=window.damage or "",
    )


def film_measures(video: Path, span: Span) -> FilmMeasures:
    info = probe(video)
    frames: Tensor = read_views(video, {"print": VIEW}, start=span[0], seconds=span[1])["print"]
    return FilmMeasures(
        seconds=float(info.duration),
        width=info.width,
        height=info.height,
        fps=float(info.frame_rate),
        has_sound=info.has_audio,
        print=film_fingerprint(frames).astype("<u8").tobytes().hex(),
    )
