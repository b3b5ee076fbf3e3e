"""The clips whose features a measure can be taken of, and why not the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from ..measures.table import Measure
from .recipes import Source

Networks = Mapping[str, Mapping[str, Tensor]]  # network -> key -> features, float32 on the CPU

_REMEDIES = {
    "reference": "give each clip the film's own sound as its reference",
    "film": "give each clip its film",
    "caption": "give each clip a caption",
    "together": "give each clip its film, of 4.8 s or more",
}


@dataclass(frozen=True)
class ClipFeatures:
    """What is known of one clip. A network that could not be asked is simply not there.

    `together`: what needs sound and film at once: {"synchformer": {"logits": [2, 21]}}, of the first and the
    last 14 segments. Its tokens are not needed here (1 MB a clip).
    `true`: which true sound it has, by content and window; "" where none is known. Clips may share one.
    `figures`: of the waves alone, by `measures/figures.py`, under the names of `MEASURES`; None where the
    clip has nothing to say.
    """

    id: str
    sound: Networks = field(default_factory=dict)
    reference: Networks = field(default_factory=dict)
    film: Networks = field(default_factory=dict)
    caption: Networks = field(default_factory=dict)
    together: Networks = field(default_factory=dict)
    true: str = ""
    figures: Mapping[str, float | None] = field(default_factory=dict)


@dataclass
class Usable:
    """`columns`: of each source its features clip by clip, those of `ids`. `notes`: (clip, what is wrong with
    its features). `reasons`: why clips can't be used, each with how many."""

    columns: list[list[np.ndarray | None]]
    ids: list[str] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def once(self, firsts: Mapping[str, str]) -> Usable:
        """Of the clips with one first, one."""
        kept = dict((firsts[clip], row) for row, clip in reversed([*enumerate(self.ids)]))
        rows = sorted(kept.values())
        columns = [[column[row] for row in rows] for column in self.columns]
        return Usable(columns, [self.ids[row] for row in rows], self.notes, self.reasons)


def usable(sources: Sequence[Source], clips: Sequence[ClipFeatures]) -> Usable:
    """Clips that have all of the sources."""
    return _usable(sources, clips, _common_size(sources, clips))


def usable_apart(sources: Sequence[Source], clips: Sequence[Sequence[ClipFeatures]]) -> list[Usable]:
    """Each source by itself, of its own `clips`; numbers in a row are as many as in most of all."""
    size = _common_size(sources, [clip for own in clips for clip in own])
    return [_usable([source], own, size) for source, own in zip(sources, clips, strict=True)]


def _usable(sources: Sequence[Source], clips: Sequence[ClipFeatures], size: int | None) -> Usable:
    found = Usable([[] for _ in sources])
    needed = {s for s in sources if not s.optional and not (s.if_any and _nowhere(s, clips))}
    for clip in clips:
        row = [_features(clip, source) for source in sources]
        wrong = [w for source, v in zip(sources, row, strict=True) if (w := _wrong(v, source, size))]
        if wrong:
            found.notes += [(clip.id, w) for w in wrong]
            found.reasons[wrong[0]] += 1
            continue
        lacking = [s for s, v in zip(sources, row, strict=True) if v is None and s in needed]
        if lacking:
            found.reasons[_lacks(lacking[0])] += 1
            continue
        found.ids.append(clip.id)
        for column, features in zip(found.columns, row, strict=True):
            column.append(features)
    return found


def too_few(measure: Measure, used: int, clips: int, reasons: Counter[str]) -> str:
    """Why a measure is left out, with the remedy."""
    if not clips:
        return "no clip could be judged"
    are = "is" if measure.fewest == 1 else "are"
    text = f"{used} of {clips} clips can be used and {measure.fewest} {are} needed"
    return "; ".join([text, *(f"{count}: {reason}" for reason, count in reasons.most_common(2) if count)])


def _features(clip: ClipFeatures, source: Source) -> np.ndarray | None:
    features = getattr(clip, source.side).get(source.network, {}).get(source.key)
    return None if features is None else np.asarray(features)


def _nowhere(source: Source, clips: Sequence[ClipFeatures]) -> bool:
    return all(_features(clip, source) is None for clip in clips)


def _common_size(sources: Sequence[Source], clips: Sequence[ClipFeatures]) -> int | None:
    """Numbers in most rows: a network's are all of one size."""
    sizes: Counter[int] = Counter()
    for clip in clips:
        found = (_features(clip, source) for source in sources if not source.any_length)
        sizes.update(v.shape[-1] for v in found if v is not None and v.ndim)
    return sizes.most_common(1)[0][0] if sizes else None


def _wrong(features: np.ndarray | None, source: Source, size: int | None) -> str | None:
    if features is None:
        return None
    what = f"{source.network}'s {source.key} of the {_side(source)}"
    if features.ndim != source.ndim or features.size == 0:
        return f"{what} is {features.shape}, not {source.ndim} axes with numbers"
    if not source.any_length and features.shape[-1] != size:
        return f"{what} has {features.shape[-1]} numbers, the other clips' {size}"
    if not np.isfinite(features).all():
        return f"{what} holds NaN or infinity"
    return None


def _lacks(source: Source) -> str:
    return f"no {source.key} of {source.network} of the {_side(source)}{remedy([source.side])}"


def remedy(sides: Iterable[str]) -> str:
    """What to give, in brackets; nothing for the sound, which every clip has."""
    found = [_REMEDIES[side] for side in sorted(sides) if side in _REMEDIES]
    return f" ({' and '.join(found)})" if found else ""


def _side(source: Source) -> str:
    return "sound and film" if source.side == "together" else source.side
