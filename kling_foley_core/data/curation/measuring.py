"""Cuts and measures the clips of a manifest, several at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ...errors import InputError
from ...progress import Progress
from ..manifest import Clip, Rejected
from .cut import cut, on_grid
from .lengths import clip_length
from .measures import MeasureCache, Measures, measure
from .windows import LEAST_CLIP, Cutting, Piece

if TYPE_CHECKING:
    from .clap import Clap

STAGE = "measure clips"
MISSING_SOUND = 0.1  # seconds that a sound may end before its film's piece; they are silent


@dataclass(frozen=True)
class MeasuredPiece:
    """`source_seconds`: of the whole file that the piece is cut from."""

    piece: Piece
    measures: Measures
    source_seconds: float


@dataclass(frozen=True)
class MeasuredClip:
    """What of a clip could be measured, and what could not."""

    pieces: tuple[MeasuredPiece, ...]
    rejected: tuple[Rejected, ...]


def measured_clips(
    clips: Sequence[Clip], cutting: Cutting, clap: Clap | None, cache: MeasureCache, progress: Progress
) -> Iterator[MeasuredClip]:
    """Each clip's, in their order. Threads share the work: decoding and tensors release the interpreter."""
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        work = partial(_measured, cutting=cutting, clap=clap, cache=cache)
        for done, found in enumerate(pool.map(work, clips)):
            progress(STAGE, done, len(clips))
            yield found
        progress(STAGE, len(clips), len(clips))
    finally:
        pool.shutdown(cancel_futures=True)


def _measured(clip: Clip, cutting: Cutting, clap: Clap | None, cache: MeasureCache) -> MeasuredClip:
    try:
        length = clip_length(clip)
        pieces, left = cut(clip, length.clip, cutting)
        spans = [(piece.start, piece.seconds) for piece in pieces]
        options = {"caption": clip.caption, "clap": clap, "cache": cache}
        measures = measure(clip.video, clip.audio, spans, **options) if spans else []
    except InputError as error:
        return MeasuredClip((), (Rejected(clip.id, "unreadable file", f"{clip.place}: {error}"),))
    found = []
    for piece, of_piece in zip(pieces, measures, strict=True):
        fitted = _to_sound(piece, of_piece.sound.seconds, cutting)
        if isinstance(fitted, Rejected):
            left.append(fitted)
        else:
            found.append(MeasuredPiece(fitted, of_piece, length.source))
    return MeasuredClip(tuple(found), tuple(left))


def _to_sound(piece: Piece, seconds: float, cutting: Cutting) -> Piece | Rejected:
    """The piece as far as it has sound; rejected where that is too short."""
    if seconds + MISSING_SOUND >= piece.seconds:
        return piece
    least = LEAST_CLIP if piece.seconds < cutting.least else cutting.least
    if seconds >= least:
        return replace(piece, seconds=on_grid(seconds))
    why = (
        f"{piece.clip.place}: {piece.clip.sound} has {seconds:.2f} s of sound from {piece.start:.2f} s on; "
        f"{least:g} s are needed."
    )
    return Rejected(piece.id, "sound too short", why)
