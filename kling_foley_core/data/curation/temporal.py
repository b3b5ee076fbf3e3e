"""Temporal augmentation: clips of one event are joined in time, and their captions by words for the order
(paper section 3, after Make-An-Audio 2).

A clip has one event if it has exactly one label, or, without labels, if its caption names one and it is no
longer than half a window. Our choice: films and sounds by themselves, training clips only, in addition to
the windows that are there.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from .cut import ROOM, on_grid
from .join import fit, joined_caption, sentence
from .windows import LEAST_CLIP, Cutting, Piece, Window, joined_window

SEVERAL = re.compile(r"[,;&]|\b(and|then|while|as|with|followed|before|after|during|until|when|or)\b", re.I)
MOST_WORDS = 8
MARGIN = 0.24  # seconds kept before and after a labelled event
TRIES = 20  # for a combination that is not there yet
ORDERS = ("{0}, then {1}", "{0} followed by {1}", "{1} after {0}", "first {0}, then {1}")


def augmented(
    pieces: Sequence[Piece], windows: int, cutting: Cutting
) -> tuple[list[Window], tuple[str, ...]]:
    """Windows of `cutting.seconds` from training pieces, as many as `cutting.augment` of `windows`, and a
    note where there are fewer. The same pieces and seed give the same windows."""
    wanted = round(cutting.augment * windows)
    if not wanted:
        return [], ()
    events = sorted(
        (e for p in pieces if (e := single_event(p, cutting.seconds))), key=lambda piece: piece.id
    )
    draw = random.Random(f"{cutting.seed} temporal augmentation")
    found: dict[tuple[str, ...], Window] = {}
    for number in range(wanted):
        for _ in range(TRIES):
            chosen = _chosen(events, cutting.seconds, draw)
            key = tuple(piece.id for piece in chosen)
            if chosen and key not in found:
                fitted = fit(chosen, cutting.seconds)
                identity = f"{chosen[0].clip.id} augmented {number}"
                found[key] = joined_window(identity, fitted, ordered_caption(fitted, draw))
                break
    notes = (
        f"--augment {cutting.augment:g}: {len(found)} of {wanted} windows could be made of {len(events)} "
        "training clips with a single event.",
    )
    return list(found.values()), notes if len(found) < wanted else ()


def single_event(piece: Piece, seconds: float) -> Piece | None:
    """The part of the piece with its only event, None where it has none, several, or no words for it."""
    labels = piece.clip.labels
    if not sentence(piece.clip.caption):
        return None
    if not labels:
        return piece if piece.seconds <= seconds / 2 and names_one_event(piece.clip.caption) else None
    if len(labels) > 1:
        return None
    begin, stop = (piece.clip.start + at for at in (labels[0].start, labels[0].end))
    end = piece.start + piece.seconds
    if begin + ROOM < piece.start or stop > end + ROOM or stop - begin + 2 * MARGIN >= seconds:
        return None
    begin = max(piece.start, begin - MARGIN)
    stop = min(end, max(stop + MARGIN, begin + LEAST_CLIP))
    begin = max(piece.start, min(begin, stop - LEAST_CLIP))
    return Piece(piece.clip, round(begin, 6), on_grid(stop - begin))


def names_one_event(caption: str) -> bool:
    """Whether a caption is short and has no word that joins events."""
    return len(caption.split()) <= MOST_WORDS and not SEVERAL.search(sentence(caption))


def ordered_caption(pieces: Sequence[Piece], draw: random.Random) -> str:
    """Two events in one of several words, more of them one after the other."""
    words = [sentence(piece.clip.caption) for piece in pieces]
    if len(words) != 2 or words[0] == words[1]:
        return joined_caption(pieces)
    return draw.choice(ORDERS).format(*words)


def _chosen(events: Sequence[Piece], seconds: float, draw: random.Random) -> list[Piece]:
    """Different clips of one pair and kind that fill a window, in the order drawn; none where there are too
    few."""
    if not events:
        return []
    first = draw.choice(events)
    alike = [
        e for e in events if e != first and (e.clip.pair, e.clip.kind) == (first.clip.pair, first.clip.kind)
    ]
    found = [first]
    for piece in draw.sample(alike, len(alike)):
        if sum(p.seconds for p in found) + ROOM >= seconds:
            break
        found.append(piece)
    return found if len(found) > 1 and sum(p.seconds for p in found) + ROOM >= seconds else []
