"""Joins what is too short for a window to windows (paper section 3: short clips are concatenated)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from ..manifest import Rejected
from .cut import ROOM
from .windows import Cutting, Piece, Window, joined_window

LEAST_PART = 0.52  # seconds of a piece in a window: 13 frames of the sync encoder


def join(pieces: Iterable[Piece], cutting: Cutting) -> tuple[list[Window], list[Rejected]]:
    """Windows of `cutting.seconds`, each of pieces of one split, pair and kind, the last of which is cut;
    every piece is in one window, or rejected. The order is drawn by the seed and the pieces' names."""
    groups: dict[tuple[str, str, str], list[Piece]] = {}
    for piece in sorted(pieces, key=lambda piece: _draw(piece, cutting.seed)):
        groups.setdefault((piece.clip.split, piece.clip.pair, piece.clip.kind), []).append(piece)
    windows, rejected = [], []
    for group in groups.values():
        for found in _in_turn(group, cutting.seconds):
            total = sum(piece.seconds for piece in found)
            if total + ROOM >= cutting.seconds or total >= cutting.least:
                fitted = fit(found, cutting.seconds)
                windows.append(joined_window(f"{found[0].clip.id} joined", fitted, joined_caption(fitted)))
            else:
                rejected += [_left(piece, cutting) for piece in found]
    return windows, rejected


def fit(pieces: Sequence[Piece], seconds: float) -> list[Piece]:
    """The last piece cut so that all are `seconds` long, and the one before it where too little of the last
    would be left. Shorter ones stay as they are."""
    *before, last = pieces
    room = seconds - sum(piece.seconds for piece in before)
    if room + ROOM >= last.seconds:
        return list(pieces)
    if room < LEAST_PART:
        *start, previous = before
        before = [*start, _cut(previous, previous.seconds - (LEAST_PART - room))]
        room = LEAST_PART
    return [*before, _cut(last, room)]


def joined_caption(pieces: Sequence[Piece]) -> str:
    """One after the other; a caption that is the one before it is said once."""
    said: list[str] = []
    for piece in pieces:
        words = sentence(piece.clip.caption)
        if words and said[-1:] != [words]:
            said.append(words)
    return ", then ".join(said)


def sentence(caption: str) -> str:
    """Without the full stop at its end."""
    return caption.strip().rstrip(".").rstrip()


def _in_turn(pieces: Sequence[Piece], seconds: float) -> Iterator[list[Piece]]:
    """As many as are needed for `seconds`; the last ones may be too few."""
    found: list[Piece] = []
    for piece in pieces:
        found.append(piece)
        if sum(p.seconds for p in found) + ROOM >= seconds:
            yield found
            found = []
    if found:
        yield found


def _cut(piece: Piece, seconds: float) -> Piece:
    return Piece(piece.clip, piece.start, round(seconds, 6))


def _draw(piece: Piece, seed: int) -> str:
    return hashlib.sha256(f"{seed} {piece.id}".encode()).hexdigest()


def _left(piece: Piece, cutting: Cutting) -> Rejected:
    why = (
        f"{piece.clip.place}: it has {piece.seconds:.2f} s, and there is too little of its split, pair and "
        f"kind to join it to {cutting.seconds:g} s; give a smaller --seconds or --least."
    )
    return Rejected(piece.id, "too short to join", why)
