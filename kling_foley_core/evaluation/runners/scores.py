"""Everything measured of one sound for one clip of the world, and what many clips make together.

score_clip: sound [2, N] -> ClipScore (counts and pairs); summarise: ClipScores -> one number a measure,
None where the clips held nothing to measure it by; intervals: its 95 % interval. Counts and pairs are pooled,
so that every event weighs the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from ...analysis.onsets import onsets
from ...errors import InputError
from ...foley_world import Truth
from ..measures import level, pan
from ..measures.envelope_correlation import envelope_correlation
from ..measures.fade import fade_in_place
from ..measures.level import Levels, levels
from ..measures.matching import Hits, hits_of
from ..measures.pan import Pans, pans
from ..measures.pooled import Numbers, Pool, ends_of, mean_of, values_of
from ..networks.segments import BACKGROUND, FLOW, HIT, NOTHING, ROOM, material_of, segments
from ..networks.sound_classifiers import SoundClassifiers

Summary = dict[str, float | None]
Intervals = dict[str, tuple[float, float] | None]


@dataclass(frozen=True)
class Classified:
    """A segment without its sound, which scores of many clips would hold in memory."""

    subject: str
    true: str
    heard: str  # the label that the classifier gave it
    caption_only: bool = False


@dataclass(frozen=True)
class ClipScore:
    hits: Hits
    envelope: float | None
    pans: Pans
    levels: Levels
    fade: bool | None
    classified: tuple[Classified, ...]


def score_clip(
    sound: Tensor, rate: int, truth: Truth, true_sound: Tensor, classifiers: SoundClassifiers
) -> ClipScore:
    """`true_sound` [2, N] is what the world renders of the clip."""
    if sound.ndim != 2 or sound.shape[0] not in (1, 2):
        raise InputError(f"sound is {tuple(sound.shape)}: [1 or 2 channels, samples] can be measured.")
    sound = sound.expand(2, -1) * (0.5**0.5 if len(sound) == 1 else 1.0)
    found = segments(sound, rate, truth)
    return ClipScore(
        hits=hits_of(onsets(sound, rate), truth),
        envelope=envelope_correlation(sound, rate, truth),
        pans=pans(sound, rate, truth, true_sound),
        levels=levels(sound, rate, truth, true_sound),
        fade=fade_in_place(sound, rate, truth),
        classified=tuple(
            Classified(s.subject, s.label, label, s.caption_only)
            for s, label in zip(found, classifiers.labels(found), strict=True)
        ),
    )


def summarise(scores: list[ClipScore]) -> Summary:
    return values_of(_pooled(scores, Pool.whole(len(scores))))


def intervals(scores: list[ClipScore]) -> Intervals:
    """Low and high of 95 % for each measure of `summarise`, by resampling clips."""
    if len(scores) < 2:
        return dict.fromkeys(summarise(scores))
    return {name: ends_of(found) for name, found in _pooled(scores, Pool.resampled(len(scores))).items()}


def _pooled(scores: list[ClipScore], pool: Pool) -> Numbers:
    hits = [s.hits for s in scores]
    matched = [h.matched for h in hits]
    return {
        "f1": pool.share([2 * m for m in matched], [2 * h.matched + h.false + h.missed for h in hits]),
        "precision": pool.share(matched, [h.matched + h.false for h in hits]),
        "recall": pool.share(matched, [h.matched + h.missed for h in hits]),
        "offset_ms": 1000 * pool.median([[abs(offset) for offset in h.offsets] for h in hits]),
        "envelope_r": pool.mean([[] if s.envelope is None else [s.envelope] for s in scores]),
        **_source_accuracy(scores, pool),
        **_caption_accuracy(scores, pool),
        "fade": pool.mean([[] if s.fade is None else [s.fade] for s in scores]),
        **pan.pooled([s.pans for s in scores], pool),
        **level.pooled([s.levels for s in scores], pool),
    }


def counts(scores: list[ClipScore]) -> dict[str, int]:
    """How many events, pairs or clips each measure is taken of."""
    found = [one for s in scores for one in s.classified]
    return {
        "events": sum(s.hits.matched + s.hits.missed for s in scores),
        "continuous clips": sum(s.envelope is not None for s in scores),
        "classified hits": sum(s.subject == HIT for s in found),
        "classified flow stretches": sum(s.subject == FLOW for s in found),
        "caption materials": sum(s.caption_only for s in found),
        "ambiences": sum(s.subject == BACKGROUND and s.true != NOTHING for s in found),
        "without ambience": sum(s.subject == BACKGROUND and s.true == NOTHING for s in found),
        "rooms": sum(s.subject == ROOM for s in found),
        "fades": sum(s.fade is not None for s in scores),
        "pan pairs": sum(len(s.pans.hits) + len(s.pans.flows) for s in scores),
        "moving flows": sum(len(s.pans.lags) for s in scores),
        "silent frames": sum(len(s.levels.silence) for s in scores),
    }


def _source_accuracy(scores: list[ClipScore], pool: Pool) -> Numbers:
    return {
        "hit_source": pool.mean(_right(scores, lambda s: s.subject == HIT)),
        "flow_source": pool.mean(_right(scores, lambda s: s.subject == FLOW)),
        "material": pool.mean(_right(scores, lambda s: s.subject in (HIT, FLOW), material_of)),
    }


def _caption_accuracy(scores: list[ClipScore], pool: Pool) -> Numbers:
    """What only the caption says; `text` is the mean of the three. `false_ambience`: how often there is one
    where there should be none."""
    parts = {
        "caption_material": pool.mean(_right(scores, lambda s: s.caption_only, material_of)),
        "ambience": pool.mean(_right(scores, lambda s: s.subject == BACKGROUND and s.true != NOTHING)),
        "room": pool.mean(_right(scores, lambda s: s.subject == ROOM)),
    }
    kept = pool.mean(_right(scores, lambda s: s.subject == BACKGROUND and s.true == NOTHING))
    return {**parts, "text": mean_of([*parts.values()]), "false_ambience": 1 - kept}


def _right(
    scores: list[ClipScore], asked: Callable[[Classified], bool], of: Callable[[str], str] = str
) -> list[list[bool]]:
    """Of each clip's segments that are asked for: is the label right, or that part `of` it?"""
    return [[of(s.true) == of(s.heard) for s in score.classified if asked(s)] for score in scores]
