"""Which pieces repeat another one: by their content, or by their place in one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..manifest import Rejected
from .duplicates import Entry, duplicates
from .measures import Measures
from .windows import Piece

REASON = "duplicate"


def repeats(pieces: Sequence[Piece], measures: Mapping[str, Measures]) -> dict[str, Rejected]:
    """By the id of each piece that is not kept. A part of a file that several clips have is kept once for
    each caption, as lists with several captions to a sound mean it; a clip does not repeat itself."""
    rejected: dict[str, Rejected] = {}
    of_place: dict[tuple, dict[str, Piece]] = {}
    for piece in pieces:
        captions = of_place.setdefault(_place(piece), {})
        if (first := captions.setdefault(piece.clip.caption, piece)) is not piece:
            rejected[piece.id] = _repeat(piece, first.id, "part of the file, and caption,")
    kept = {next(iter(captions.values())).id: captions for captions in of_place.values()}
    entries = [
        Entry(name, next(iter(captions.values())).clip.split, measures[name])
        for name, captions in kept.items()
    ]
    clip_of = {name: next(iter(captions.values())).clip for name, captions in kept.items()}
    for name, duplicate in duplicates(entries).items():
        if clip_of[name] is not clip_of[duplicate.of]:
            rejected |= {p.id: _repeat(p, duplicate.of, duplicate.by) for p in kept[name].values()}
    return rejected


def _place(piece: Piece) -> tuple:
    return piece.clip.video, piece.clip.audio, piece.start, piece.seconds


def _repeat(piece: Piece, of: str, same: str) -> Rejected:
    return Rejected(piece.id, REASON, f"{piece.clip.place}: {of} has the same {same}, and is kept instead.")
