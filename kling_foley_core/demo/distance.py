"""How far a sound [1 or 2, N] is from the truth of its scene, in words: what `kling-foley demo` prints."""

from __future__ import annotations

import torch
from torch import Tensor

from ..analysis.onsets import onsets
from ..evaluation.measures import level, pan
from ..evaluation.measures.matching import hits_of
from ..foley_world import Scene, render_sound, truth_of


def distance(sound: Tensor, rate: int, scene: Scene) -> list[str]:
    """One line each for when, where and how loud."""
    sound = sound.expand(2, -1)
    truth, true = truth_of(scene), torch.from_numpy(render_sound(scene, rate))
    hits = hits_of(onsets(sound, rate), truth)
    places = pan.summary([pan.pans(sound, rate, truth, true)])
    loudness = level.summary([level.levels(sound, rate, truth, true)])
    offset = "" if hits.offset_ms is None else f", {hits.offset_ms:.0f} ms away (median)"
    return [
        f"when: {hits.matched} of {hits.matched + hits.missed} impacts are heard within 50 ms{offset}; "
        f"{hits.false} more are heard that are none (F1 {hits.f1:.2f})",
        f"where: pan and place in the picture agree with r = {_figure(places['pan_r'])}",
        f"how loud: loudness of the impacts agrees with r = {_figure(loudness['loudness_hits_r'])}",
    ]


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"
