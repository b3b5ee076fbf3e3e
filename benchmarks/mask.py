"""Hits of two sources of which one is masked away: python benchmarks/mask.py [--clips 24] [--seed 8]

Scenes of Foley World that no training has seen, with two hits or more left of the middle and as many right of
it, none within a tenth of it, and nothing that sounds on. `small` makes one sound without words for the whole
picture, one for its left half and one for its right half. Hits are within 50 ms; of the other side those are
left out that lie within 100 ms of one of the side that is kept. Precision is of all that is heard.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from fractions import Fraction

import torch

from kling_foley_core.analysis.onsets import onsets
from kling_foley_core.evaluation.measures.matching import Hits, count, merged, total
from kling_foley_core.foley_world import Scene, make_scene, render_frames, scene_number, truth_of
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.media.masks import Box, Film, masks_of
from kling_foley_core.media.muting import muted

SECONDS = Fraction(8)
ASIDE, APART = 0.1, 0.1  # of the picture's middle; seconds
HALVES = {"left": Box(0, 0, 0.5, 1), "right": Box(0.5, 0, 1, 1)}
Side = list[float]  # ascending seconds of hits


def sides(scene: Scene) -> tuple[Side, Side] | None:
    """Hits left and right; None for a scene that is not of the kind wanted."""
    truth = truth_of(scene)
    left, right = ([e.time for e in truth.events if sign * e.x > ASIDE] for sign in (-1, 1))
    enough = len(left) > 1 and len(right) > 1 and len(left) + len(right) == len(truth.events)
    return (merged(left), merged(right)) if enough and not truth.flows else None


def heard(pipeline: FoleyPipeline, scene: Scene, box: Box | None, seed: int) -> list[float]:
    """Onsets of the sound for the picture, or for what is in the box."""
    views = {name: getattr(pipeline.parts, name).view for name in ("visual", "sync")}
    frames = {
        n: render_frames(scene, (v.size, v.size), v.fps, seconds=float(SECONDS)) for n, v in views.items()
    }
    if box is not None:
        film = Film(256, 256, Fraction(0), SECONDS, SECONDS * 25, SECONDS)
        masks = masks_of(box, film, views)
        frames = {name: muted(shown, masks.take(name, len(shown))) for name, shown in frames.items()}
    sound = pipeline.generate(features=pipeline.encode_frames(frames, SECONDS), seed=seed, solver="euler")
    return onsets(sound.waveform[0], sound.sampling_rate)


def apart(other: Side, kept: Side) -> Side:
    return [time for time in other if all(abs(time - near) > APART for near in kept)]


def row(name: str, found: Sequence[tuple[Hits, Hits, Hits]]) -> str:
    """One line: F1 and precision of what should be heard, recall of the left and of the right hits."""
    wanted, left, right = (total(column) for column in zip(*found, strict=True))
    figures = (wanted.f1, wanted.precision, left.recall, right.recall)
    return f"| {name} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--seed", type=int, default=8)
    options = parser.parse_args()
    pipeline, number, done = FoleyPipeline.from_pretrained("small"), -1, 0
    found: dict[str, list[tuple[Hits, Hits, Hits]]] = {"nothing": [], "right": [], "left": []}
    while done < options.clips:
        number += 1
        scene = make_scene(scene_number(options.seed, number), "eval", float(SECONDS))
        both = sides(scene)
        if both is None:
            continue
        left, right = both
        every = merged(sorted([*left, *right]))
        whole = heard(pipeline, scene, None, number)
        found["nothing"].append((count(every, whole), count(left, whole), count(right, whole)))
        one = heard(pipeline, scene, HALVES["left"], number)
        found["right"].append((count(left, one), count(left, one), count(apart(right, left), one)))
        one = heard(pipeline, scene, HALVES["right"], number)
        found["left"].append((count(right, one), count(apart(left, right), one), count(right, one)))
        done += 1
        print(f"{done}/{options.clips} {scene.family}: {len(left)} and {len(right)} hits", file=sys.stderr)
    print("| masked away | F1 of the rest | precision | recall of the left hits | of the right hits |")
    print("|---|---|---|---|---|")
    for name, figures in found.items():
        print(row(name, figures))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
