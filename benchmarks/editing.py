"""Existing sounds repaired, extended and varied by the built-in model, against the truth of Foley World:
python benchmarks/editing.py

Repair: two seconds of the true sound are silenced and made anew. Extend: the true first half goes on. Vary:
the true sound of the next clip, which the film does not show, with three strengths. A step is the difference
of the levels of the 20 ms before the 30 ms crossfade and of the 20 ms behind the seam, in dB.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from statistics import median

import numpy as np
import torch
from torch import Tensor

from kling_foley_core.analysis.onsets import onsets
from kling_foley_core.editing import Edit
from kling_foley_core.editing.splice import CROSSFADE
from kling_foley_core.evaluation.measures.matching import Hits, count, merged, total
from kling_foley_core.evaluation.runners.clips import video_features
from kling_foley_core.foley_world import Scene, make_scene, render_sound, scene_number, truth_of
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.generation.video_features import VideoFeatures

RATE, SECONDS = 44100, 8
PART, HALF = (3, 5), (4, 8)  # seconds that are made anew; that are made behind the end
STRENGTHS = (0.3, 0.6, 1.0)
WINDOW = 0.02  # seconds of one level
FLOOR = 1e-6  # of full scale's power: 60 dB below it is silence
AROUND = 0.25  # seconds from a seam, and from one place elsewhere to the next


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    scenes = [make_scene(scene_number(options.seed, i), "eval", SECONDS) for i in range(options.clips)]
    sounds = [torch.from_numpy(render_sound(scene, RATE)) for scene in scenes]
    pipeline = FoleyPipeline.from_pretrained("small")
    films = [video_features(pipeline, scene) for scene in scenes]
    plain = list(made(pipeline, scenes, films, [None] * len(scenes)))
    silenced = [with_silence(sound, *PART) for sound in sounds]
    repaired = list(made(pipeline, scenes, films, [Edit(s, RATE, replace=[PART]) for s in silenced]))
    beginnings = [Edit(s[:, : HALF[0] * RATE], RATE, extend=HALF[1] - HALF[0]) for s in sounds]
    extended = list(made(pipeline, scenes, films, beginnings))
    kept_to_the_sample(silenced, repaired, extended, sounds)
    print_hits(scenes, {"true sound": sounds, "plain": plain, "repaired": repaired, "extended": extended})
    print_steps(repaired, extended, sounds, plain)
    others = [*sounds[1:], sounds[0]]
    print_variations(pipeline, scenes, films, sounds, others)


def made(
    pipeline: FoleyPipeline, scenes: list[Scene], films: list[VideoFeatures], edits: list[Edit | None]
) -> Iterator[Tensor]:
    for i, (scene, film, edit) in enumerate(zip(scenes, films, edits, strict=True)):
        made = pipeline.generate(features=film, prompt=scene.caption, seed=i, edit=edit, solver="euler")
        yield made.waveform[0]


def with_silence(sound: Tensor, begin: float, end: float) -> Tensor:
    out = sound.clone()
    out[:, round(begin * RATE) : round(end * RATE)] = 0
    return out


def kept_to_the_sample(
    silenced: list[Tensor], repaired: list[Tensor], extended: list[Tensor], true: list[Tensor]
) -> None:
    begin, end = (round(time * RATE) for time in (PART[0] - CROSSFADE, PART[1] + CROSSFADE))
    half = round((HALF[0] - CROSSFADE) * RATE)
    same = all(
        torch.equal(a[:, :begin], b[:, :begin]) and torch.equal(a[:, end:], b[:, end:])
        for a, b in zip(silenced, repaired, strict=True)
    ) and all(torch.equal(a[:, :half], b[:, :half]) for a, b in zip(true, extended, strict=True))
    print(f"what is kept is the same to the bit: {same}\n")


def hits(sound: Tensor, scene: Scene, span: tuple[float, float]) -> Hits:
    begin, end = span
    true = merged([e.time for e in truth_of(scene).events if begin <= e.time < end])
    return count(true, [time for time in onsets(sound, RATE) if begin <= time < end])


def print_hits(scenes: list[Scene], sounds: dict[str, list[Tensor]]) -> None:
    print(f"| | hits F1, {PART[0]} to {PART[1]} s | hits F1, {HALF[0]} to {HALF[1]} s |\n|---|---|---|")
    for name, takes in sounds.items():
        found = [total(hits(t, s, span) for t, s in zip(takes, scenes, strict=True)) for span in (PART, HALF)]
        shown = [
            "" if (name, i) in (("repaired", 1), ("extended", 0)) else f"{h.f1:.2f}"
            for i, h in enumerate(found)
        ]
        print(f"| {name} | {shown[0]} | {shown[1]} |")


def decibels(sound: Tensor, begin: float, end: float) -> float:
    return float(10 * torch.log10(sound[:, round(begin * RATE) : round(end * RATE)].square().mean() + FLOOR))


def step(sound: Tensor, seam: float, *, fade_before: bool) -> float:
    """At a seam with its fade before or behind it."""
    left = seam - CROSSFADE if fade_before else seam
    right = seam if fade_before else seam + CROSSFADE
    return abs(decibels(sound, right, right + WINDOW) - decibels(sound, left - WINDOW, left))


def print_steps(
    repaired: list[Tensor], extended: list[Tensor], true: list[Tensor], plain: list[Tensor]
) -> None:
    seams = [step(s, PART[0], fade_before=True) for s in repaired]
    seams += [step(s, PART[1], fade_before=False) for s in repaired]
    ends = [step(s, HALF[0], fade_before=True) for s in extended]
    places = [
        t for t in np.arange(1, SECONDS - 1, AROUND) if min(abs(t - e) for e in (*PART, HALF[0])) >= AROUND
    ]
    elsewhere = [step(s, t, fade_before=True) for s in repaired for t in places]
    print("\n| step, dB (median) | |\n|---|---|")
    rows = {"at the seams of repaired parts": seams, "at the beginning of an extension": ends}
    rows |= {"elsewhere in these sounds": elsewhere}
    rows |= {"in plain sounds": [step(s, t, fade_before=True) for s in plain for t in places]}
    for name, values in rows.items():
        print(f"| {name} | {median(values):.1f} |")
    off = [decibels(a, *PART) - decibels(b, *PART) for a, b in zip(repaired, true, strict=True)]
    print(f"| level of the repaired part over the true one | {median(off):+.1f} |")
    off = [decibels(a, *PART) - decibels(b, *PART) for a, b in zip(plain, true, strict=True)]
    print(f"| level of a plain sound there over the true one | {median(off):+.1f} |")


def print_variations(
    pipeline: FoleyPipeline,
    scenes: list[Scene],
    films: list[VideoFeatures],
    true: list[Tensor],
    others: list[Tensor],
) -> None:
    print("\n| strength | r with the source | r with the film's true sound | hits F1 of the film |")
    print("|---|---|---|---|")
    for strength in STRENGTHS:
        edits = [Edit(sound, RATE, strength=strength) for sound in others]
        takes = list(made(pipeline, scenes, films, edits))
        rs = [median(map(correlation, takes, sounds)) for sounds in (others, true)]
        f1 = total(hits(t, s, (0, SECONDS)) for t, s in zip(takes, scenes, strict=True)).f1
        print(f"| {strength:g} | {rs[0]:.2f} | {rs[1]:.2f} | {f1:.2f} |")


def correlation(a: Tensor, b: Tensor) -> float:
    """Pearson's r of the levels of 20 ms in dB."""
    size = round(WINDOW * RATE)
    levels = [np.log10(s.square().mean(0).unfold(0, size, size).mean(-1).numpy() + FLOOR) for s in (a, b)]
    return float(np.corrcoef(*levels)[0, 1])


if __name__ == "__main__":
    main()
