"""Which features of a clip each measure is taken of, and by what: name of `MEASURES` -> recipe.

Features arrive as one list a source, clip by clip, float arrays [d], [windows, d] or [2, 21]. A measure of
the set gives its value and influences [clips], one of clips a figure each [clips], None where a clip has
nothing to say.

The reference takes the distances of two sets of all sounds and of all true sounds, and of pairs alone by
PaSST, whose IS is of the sounds of pairs too; so they are here, YAMNet's as VGGish's. It prints no KID, which
takes the sounds of FD by the same network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..measures.agreement import class_agreement
from ..measures.desync import desync
from ..measures.frechet import frechet_influences
from ..measures.inception import inception_influences
from ..measures.kid import kernel_influences
from ..measures.kl import kl_divergence
from ..measures.relevance import cosine
from ..measures.speech import unwanted_speech

Column = list[np.ndarray]
Whose = tuple[np.ndarray, np.ndarray]  # the clip of each sound and of each true sound, 0, 1, ..
OfClips = Callable[..., Sequence[float | None]]
OfSet = Callable[..., tuple[float, np.ndarray]]
OfSets = Callable[[Column, Column, Whose], tuple[float, np.ndarray]]


@dataclass(frozen=True)
class Source:
    """`side`: a field of `ClipFeatures`."""

    side: str
    network: str
    key: str
    ndim: int = 1
    optional: bool = False  # a clip without it can still be used
    if_any: bool = False  # or only where no clip has it
    any_length: bool = False  # last axis is time


@dataclass(frozen=True)
class Recipe:
    """Of one of the three `of_`; `of_sets` takes sounds and true sounds, `paired` those of clips that have
    both."""

    sources: tuple[Source, ...]
    of_clips: OfClips | None = None
    of_set: OfSet | None = None
    of_sets: OfSets | None = None
    paired: bool = True


def frechet(sounds: Column, references: Column, whose: Whose) -> tuple[float, np.ndarray]:
    """A row or several windows a clip."""
    sides = [[_rows(features) for features in column] for column in (sounds, references)]
    of = [np.repeat(clips, [len(v) for v in side]) for clips, side in zip(whose, sides, strict=True)]
    return frechet_influences(*map(np.concatenate, sides), (of[0], of[1]))


def of_pairs(sounds: Column, references: list[np.ndarray | None]) -> tuple[float, np.ndarray]:
    """IS of sounds whose true ones, where there are any, say which sounds are taken."""
    return inception_influences(sounds)


def speech(sounds: Column, references: list[np.ndarray | None]) -> list[float | None]:
    return [unwanted_speech(sound, true) for sound, true in zip(sounds, references, strict=True)]


def relevance(given: Column, sounds: Column) -> np.ndarray:
    """The IB-score as papers print it."""
    return 100 * cosine(given, sounds)


def percent_agreeing(sounds: Column, references: Column) -> np.ndarray:
    return 100 * class_agreement(sounds, references)


def _rows(features: np.ndarray) -> np.ndarray:
    return features[None] if features.ndim == 1 else features


def _both(network: str, key: str, ndim: int = 1) -> tuple[Source, Source]:
    return Source("sound", network, key, ndim), Source("reference", network, key, ndim)


def _sound(network: str, key: str) -> tuple[Source]:
    return (Source("sound", network, key),)


def _beside(side: str, network: str) -> tuple[Source, Source]:
    return Source(side, network, "embedding"), Source("sound", network, "embedding")


_SPEECH = (
    Source("sound", "silero", "speech", any_length=True),
    Source("reference", "silero", "speech", optional=True, any_length=True),
)

_OF_PAIRS = (*_sound("passt", "logits"), Source("reference", "passt", "logits", if_any=True))

RECIPES: dict[str, Recipe] = {
    "FD_PANNs": Recipe(_both("panns", "embedding"), of_sets=frechet, paired=False),
    "FD_PaSST": Recipe(_both("passt", "embedding"), of_sets=frechet),
    "FD_VGG": Recipe(_both("vggish", "embedding", 2), of_sets=frechet, paired=False),
    "FAD_YAMNet": Recipe(_both("yamnet", "embedding", 2), of_sets=frechet, paired=False),
    "KL_PANNs": Recipe(_both("panns", "logits"), of_clips=kl_divergence),
    "KL_PaSST": Recipe(_both("passt", "logits"), of_clips=kl_divergence),
    "KL_YAMNet": Recipe(_both("yamnet", "logits"), of_clips=kl_divergence),
    "IS_PANNs": Recipe(_sound("panns", "logits"), of_set=inception_influences),
    "IS_PaSST": Recipe(_OF_PAIRS, of_set=of_pairs),
    "IS_YAMNet": Recipe(_sound("yamnet", "logits"), of_set=inception_influences),
    "KID_PANNs": Recipe(_both("panns", "embedding"), of_sets=kernel_influences, paired=False),
    "KID_PaSST": Recipe(_both("passt", "embedding"), of_sets=kernel_influences),
    "IB-score": Recipe(_beside("film", "imagebind"), of_clips=relevance),
    "CLAP_LAION": Recipe(_beside("caption", "laion_clap"), of_clips=cosine),
    "CLAP_MS": Recipe(_beside("caption", "ms_clap"), of_clips=cosine),
    "DeSync": Recipe((Source("together", "synchformer", "logits", 2),), of_clips=desync),
    "agreement_YAMNet": Recipe(_both("yamnet", "logits"), of_clips=percent_agreeing),
    "speech": Recipe(_SPEECH, of_clips=speech),
}
