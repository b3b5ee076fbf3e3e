"""Which pieces the page shows with pictures: some of all that are used, and of every reason some."""

from __future__ import annotations

from collections.abc import Sequence

from ...manifest import Rejected
from ..curate import Curation
from ..windows import Piece


def shown_used(curation: Curation, most: int) -> list[Piece]:
    """Evenly from the whole list."""
    rejected = {r.id for r in curation.rejected}
    used = [piece for name, piece in curation.pieces.items() if name not in rejected]
    return [used[k] for k in _even(len(used), most)]


def shown_rejected(curation: Curation, most: int) -> list[tuple[Rejected, Piece | None]]:
    """Of each reason in turn, by reason; rows and clips without a piece among them."""
    reasons: dict[str, list[Rejected]] = {}
    for rejected in curation.rejected:
        reasons.setdefault(rejected.reason, []).append(rejected)
    room, shares = most, {}
    for left, (reason, found) in enumerate(sorted(reasons.items(), key=lambda item: len(item[1]))):
        shares[reason] = min(len(found), room // (len(reasons) - left))
        room -= shares[reason]
    return [
        (reasons[reason][k], curation.pieces.get(reasons[reason][k].id))
        for reason in reasons
        for k in _even(len(reasons[reason]), shares[reason])
    ]


def _even(count: int, most: int) -> Sequence[int]:
    if count <= most:
        return range(count)
    return [k * count // most for k in range(most)]
