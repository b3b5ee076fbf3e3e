"""Everything measured of one sound for one clip of the world, and what many clips make together.

score_clip: sound [2, N] -> ClipScore (counts and pairs); summarise: ClipScores -> one number a measure,
None where the clips held nothing to measure it by. Counts and pairs are pooled, so that every event weighs
the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ...analysis.onsets import onsets
from ...errors import InputError
from ...foley_world import Truth
from ..measures import level, pan
from ..measures.envelope_correlation import envelope_correlation
from ..measures.fade import fade_in_place
from ..measures.level import Levels, levels
from ..measures.matching import Hits, hits_of, total
from ..measures.pan import Pans, pans
from ..measures.statistics import mean
from ..networks.segments import BACKGROUND, FLOW, HIT, NOTHING, ROOM, Segment, material_of, segments
from ..networks.sound_classifiers import SoundClassifiers

Classified = tuple[Segment, str]  # with the label that the classifier gave it
Summary = dict[str, float | None]


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
        classified=tuple(zip(found, classifiers.labels(found), strict=True)),
    )


def summarise(scores: list[ClipScore]) -> Summary:
    hits = total(s.hits for s in scores)
    classified = [pair for s in scores for pair in s.classified]
    return {
        "f1": hits.f1,
        "precision": hits.precision,
        "recall": hits.recall,
        "offset_ms": hits.offset_ms,
        "envelope_r": mean(s.envelope for s in scores if s.envelope is not None),
        **_source_accuracy(classified),
        **_caption_accuracy(classified),
        "fade": mean(float(s.fade) for s in scores if s.fade is not None),
        **pan.summary([s.pans for s in scores]),
        **level.summary([s.levels for s in scores]),
    }


def counts(scores: list[ClipScore]) -> dict[str, int]:
    """How many events, pairs or clips each measure is taken of."""
    found = [segment for s in scores for segment, _ in s.classified]
    return {
        "events": sum(s.hits.matched + s.hits.missed for s in scores),
        "continuous clips": sum(s.envelope is not None for s in scores),
        "classified hits": sum(s.subject == HIT for s in found),
        "classified flow stretches": sum(s.subject == FLOW for s in found),
        "caption materials": sum(s.caption_only for s in found),
        "ambiences": sum(s.subject == BACKGROUND and s.label != NOTHING for s in found),
        "without ambience": sum(s.subject == BACKGROUND and s.label == NOTHING for s in found),
        "rooms": sum(s.subject == ROOM for s in found),
        "fades": sum(s.fade is not None for s in scores),
        "pan pairs": sum(len(s.pans.hits) + len(s.pans.flows) for s in scores),
        "moving flows": sum(len(s.pans.lags) for s in scores),
        "silent frames": sum(len(s.levels.silence) for s in scores),
    }


def _source_accuracy(classified: list[Classified]) -> Summary:
    sources = [(s, label) for s, label in classified if s.subject in (HIT, FLOW)]
    return {
        "hit_source": mean(float(s.label == label) for s, label in sources if s.subject == HIT),
        "flow_source": mean(float(s.label == label) for s, label in sources if s.subject == FLOW),
        "material": mean(_same_material(s, label) for s, label in sources),
    }


def _same_material(segment: Segment, label: str) -> float:
    return float(material_of(segment.label) == material_of(label))


def _caption_accuracy(classified: list[Classified]) -> Summary:
    """What only the caption says; `text` is the mean of the three. `false_ambience`: how often there is one
    where there should be none."""
    backgrounds = [(s.label, label) for s, label in classified if s.subject == BACKGROUND]
    parts = {
        "caption_material": mean(_same_material(s, label) for s, label in classified if s.caption_only),
        "ambience": mean(float(true == label) for true, label in backgrounds if true != NOTHING),
        "room": mean(float(s.label == label) for s, label in classified if s.subject == ROOM),
    }
    false = mean(float(label != NOTHING) for true, label in backgrounds if true == NOTHING)
    return {**parts, "text": mean(v for v in parts.values() if v is not None), "false_ambience": false}
