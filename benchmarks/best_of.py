"""Hits of the best of several takes, chosen by what agrees with the picture: python benchmarks/best_of.py
[--clips 32] [--takes 8] [--seed 6]

Scenes of Foley World that no training has seen and in which something is struck; `small` makes --takes
sounds of each. Of every 1, 2, 4 and 8 of them the first by a measure is taken, and the hits of all scenes are
counted together (F1, within 50 ms); a column is the mean over the groups of its size. r is the mean over
scenes of the correlation of measure and F1 over takes. "the truth" chooses by F1 itself: no measure can do
better.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import correlation, mean

import torch

from kling_foley_core.analysis.onsets import onsets
from kling_foley_core.evaluation.measures.matching import Hits, count, hits_of, merged, total
from kling_foley_core.evaluation.runners.clips import video_features
from kling_foley_core.foley_world import Scene, make_scene, render_frames, scene_number, truth_of
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.preview.motion import Movement, movement
from kling_foley_core.preview.watching import motion_view
from kling_foley_core.ranking.agreement import agreement, meeting, moving

FPS, SECONDS = 25, 8.0


@dataclass(frozen=True)
class Take:
    heard: list[float]
    moved: Movement
    hits: Hits

    @property
    def f1(self) -> float:
        return self.hits.f1 or 0.0


MEASURES: dict[str, Callable[[Take], float]] = {
    "agreement": lambda take: agreement(take.heard, take.moved),
    "its first half: onsets and sudden movements meet": lambda take: meeting(take.heard, take.moved.impacts),
    "its second half: at onsets much moves": lambda take: moving(take.heard, take.moved) if take.heard else 0,
    "the first half with right or wrong within 50 ms": lambda take: (
        count(take.moved.impacts, take.heard).f1 or 0.0
    ),
    "the truth": lambda take: take.f1,
}


def takes_of(pipeline: FoleyPipeline, scene: Scene, number: int, seed: int) -> list[Take]:
    truth, side = truth_of(scene), motion_view(FPS).size
    moved = movement(render_frames(scene, (side, side), FPS), FPS)
    features = video_features(pipeline, scene)
    sound = pipeline.generate(
        features=features, prompt=scene.caption, seed=seed, batch=number, solver="euler"
    )
    found = []
    for wave in sound.waveform:
        heard = onsets(wave, sound.sampling_rate)
        found.append(Take(merged(heard), moved, hits_of(heard, truth)))
    return found


def best_f1(scenes: Sequence[list[Take]], size: int, measure: Callable[[Take], float]) -> float:
    """The mean over groups of `size` takes of the F1 of all scenes' best ones."""
    groups = range(0, len(scenes[0]) - size + 1, size)
    chosen = ([max(takes[first : first + size], key=measure) for takes in scenes] for first in groups)
    return mean(total(take.hits for take in best).f1 or 0.0 for best in chosen)


def follows(scenes: Sequence[list[Take]], measure: Callable[[Take], float]) -> float:
    """-1..1, over the scenes whose takes differ in both."""
    pairs = [([measure(t) for t in takes], [t.f1 for t in takes]) for takes in scenes]
    return mean(correlation(a, b) for a, b in pairs if len(set(a)) > 1 and len(set(b)) > 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=32)
    parser.add_argument("--takes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=6)
    options = parser.parse_args()
    pipeline, scenes, number = FoleyPipeline.from_pretrained("small"), [], 0
    while len(scenes) < options.clips:
        scene = make_scene(scene_number(options.seed, number), "eval", SECONDS)
        number += 1
        if truth_of(scene).events:
            scenes.append(takes_of(pipeline, scene, options.takes, 1000 * number))
            print(f"{len(scenes)}/{options.clips} {scene.family}", file=sys.stderr, flush=True)
    sizes = [size for size in (1, 2, 4, 8) if size <= options.takes]
    print("| the take is chosen by | r |" + "".join(f" best of {size} |" for size in sizes))
    print("|---" * (2 + len(sizes)) + "|")
    for name, measure in MEASURES.items():
        row = [f"{follows(scenes, measure):.2f}", *(f"{best_f1(scenes, s, measure):.3f}" for s in sizes)]
        print(f"| {name} | " + " | ".join(row) + " |")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
