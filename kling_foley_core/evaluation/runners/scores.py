"""Everything measured of one sound for one clip of the world, and what many clips make together.

score_clip: sound [2, N] -> ClipScore (counts and pairs); summarise: ClipScores -> one number a measure,
None where the clips held nothing to measure it by. Counts and pairs are pooled, so that every event weighs
the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ...errors import InputError
from ...foley_world import Truth
from ..measures import level, pan
from ..measures.envelope_correlation import envelope_correlation
from ..measures.fade import fade_in_place
from ..measures.level import Levels, levels
from ..measures.matching import TOLERANCE, Hits, count, merged, total
from ..measures.onsets import onsets
from ..measures.pan import Pans, pans
from ..measures.statistics import mean
from ..networks.segments import BACKGROUND, FLOW, HIT, NOTHING, ROOM, Example, examples, material_of
from ..networks.sound_classifiers import Listener

SHARDS_LATER = 0.1  # seconds: the last shards of a breaking ring out

Named = tuple[Example, str]  # what there was, what it was taken for
Summary = dict[str, float | None]


@dataclass(frozen=True)
class ClipScore:
    hits: Hits
    envelope: float | None
    pans: Pans
    levels: Levels
    fade: bool | None
    named: tuple[Named, ...]


def score_clip(sound: Tensor, rate: int, truth: Truth, true_sound: Tensor, listener: Listener) -> ClipScore:
    """`true_sound` [2, N] is what the world renders of the clip."""
    if sound.ndim != 2 or sound.shape[0] not in (1, 2):
        raise InputError(f"sound is {tuple(sound.shape)}: [1 or 2 channels, samples] can be judged.")
    sound = sound.expand(2, -1) * (0.5**0.5 if len(sound) == 1 else 1.0)
    found = examples(sound, rate, truth)
    return ClipScore(
        hits=hits_of(onsets(sound, rate), truth),
        envelope=envelope_correlation(sound, rate, truth),
        pans=pans(sound, rate, truth, true_sound),
        levels=levels(sound, rate, truth, true_sound),
        fade=fade_in_place(sound, rate, truth),
        named=tuple(zip(found, listener.names(found), strict=True)),
    )


def hits_of(heard: list[float], truth: Truth) -> Hits:
    """Neighbours count as one in the truth and among false ones; what belongs to an event (its second self,
    its shards) is not false."""
    forgiven = [
        (e.time - TOLERANCE, e.time + TOLERANCE + (e.lasts + SHARDS_LATER if e.lasts else 0.0))
        for e in truth.events
    ]
    return count(merged([e.time for e in truth.events]), heard, forgiven)


def summarise(scores: list[ClipScore]) -> Summary:
    hits = total(s.hits for s in scores)
    named = [pair for s in scores for pair in s.named]
    return {
        "f1": hits.f1,
        "precision": hits.precision,
        "recall": hits.recall,
        "offset_ms": hits.offset_ms,
        "envelope_r": mean(s.envelope for s in scores if s.envelope is not None),
        **_what(named),
        **_text(named),
        "fade": mean(float(s.fade) for s in scores if s.fade is not None),
        **pan.summary([s.pans for s in scores]),
        **level.summary([s.levels for s in scores]),
    }


def counts(scores: list[ClipScore]) -> dict[str, int]:
    """How much each measure stands on."""
    named = [example for s in scores for example, _ in s.named]
    return {
        "events": sum(s.hits.matched + s.hits.missed for s in scores),
        "continuous clips": sum(s.envelope is not None for s in scores),
        "named hits": sum(e.subject == HIT for e in named),
        "named flow stretches": sum(e.subject == FLOW for e in named),
        "told materials": sum(e.told for e in named),
        "ambiences": sum(e.subject == BACKGROUND and e.name != NOTHING for e in named),
        "without ambience": sum(e.subject == BACKGROUND and e.name == NOTHING for e in named),
        "rooms": sum(e.subject == ROOM for e in named),
        "fades": sum(s.fade is not None for s in scores),
        "pan pairs": sum(len(s.pans.hits) + len(s.pans.flows) for s in scores),
        "moving flows": sum(len(s.pans.lags) for s in scores),
        "silent frames": sum(len(s.levels.silence) for s in scores),
    }


def _what(named: list[Named]) -> Summary:
    sources = [(e, answer) for e, answer in named if e.subject in (HIT, FLOW)]
    return {
        "hit_source": mean(float(e.name == answer) for e, answer in sources if e.subject == HIT),
        "flow_source": mean(float(e.name == answer) for e, answer in sources if e.subject == FLOW),
        "material": mean(float(material_of(e.name) == material_of(answer)) for e, answer in sources),
    }


def _text(named: list[Named]) -> Summary:
    """What only the caption says; `text` is the mean of the three. `false_ambience`: how often there is one
    where there should be none."""
    backgrounds = [(e.name, a) for e, a in named if e.subject == BACKGROUND]
    parts = {
        "told_material": mean(float(material_of(e.name) == material_of(a)) for e, a in named if e.told),
        "ambience": mean(float(name == a) for name, a in backgrounds if name != NOTHING),
        "room": mean(float(e.name == a) for e, a in named if e.subject == ROOM),
    }
    false = mean(float(a != NOTHING) for name, a in backgrounds if name == NOTHING)
    return {**parts, "text": mean(v for v in parts.values() if v is not None), "false_ambience": false}
