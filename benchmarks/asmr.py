"""What --asmr does to rooms on the built-in model: python benchmarks/asmr.py [--clips 8] [--seed 11]

Scenes of Foley World that no training has seen, with hits that are heard alone; the prompt says what sounds,
and no room, or a hall. tail: energy from 80 to 450 ms behind a hit to that of its first 80 ms, in dB, the
median of all hits: the more negative, the drier. floor: the level that a tenth of the sound stays below,
to its loudest tenth of a second, in dB, the median of all clips. F1: hits of all clips within 50 ms. The
true sounds of the same scenes, dry and in rooms, are the scale.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass, field, replace
from statistics import median

import torch
from torch import Tensor

from kling_foley_core.analysis.onsets import onsets
from kling_foley_core.evaluation.measures.isolation import isolated
from kling_foley_core.evaluation.measures.matching import Hits, hits_of, total
from kling_foley_core.evaluation.runners.clips import video_features
from kling_foley_core.foley_world import Scene, Truth, make_scene, render_sound, scene_number, truth_of
from kling_foley_core.foley_world.words import AMBIENCE_WORDS, QUIET, ROOM_WORDS
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.stems import stem_prompts

RATE, SECONDS = 44100, 6.0
EARLIER, EARLY, LATE = 0.01, 0.08, 0.45  # seconds around a hit
HALL = " in a large hall"
PROMPTS = {  # row: what is added to the subject, whether --asmr
    "no room said": ("", False),
    "no room said, --asmr": ("", True),
    "in a large hall": (HALL, False),
    "in a large hall, --asmr": (HALL, True),
}


@dataclass
class Found:
    tails: list[float] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)
    hits: list[Hits] = field(default_factory=list)

    def add(self, wave: Tensor, truth: Truth, times: list[float]) -> None:
        energy = wave.square().sum(0).double()
        for time in times:
            begin, middle, end = (int((time + at) * RATE) for at in (-EARLIER, EARLY, LATE))
            early, late = energy[max(0, begin) : middle].sum(), energy[middle:end].sum()
            self.tails.append(10 * math.log10(float((late + 1e-12) / (early + 1e-12))))
        levels = energy.unfold(0, RATE // 10, RATE // 10).mean(1) + 1e-12
        self.floors.append(10 * math.log10(float(levels.quantile(0.1) / levels.max())))
        self.hits.append(hits_of(onsets(wave, RATE), truth))

    def row(self, name: str) -> str:
        f1 = total(self.hits).f1 or 0.0
        return f"| {name} | {median(self.tails):.1f} | {median(self.floors):.0f} | {f1:.3f} |"


def subject(scene: Scene) -> str:
    """The caption without the room, the ambience and what is not heard."""
    text = scene.caption.strip(". ")
    places = [*ROOM_WORDS[scene.room], *(w for words in AMBIENCE_WORDS.values() for w in words), *QUIET]
    for place in sorted(filter(None, places), key=len, reverse=True):
        for said in (place, place[0].upper() + place[1:]):
            for whole in (
                f"{said}, ",
                f", with {said}",
                f", {said} in the background",
                f", {said}",
                f" {said}",
            ):
                text = text.replace(whole, "")
    return text[0].upper() + text[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    pipeline, number, done = FoleyPipeline.from_pretrained("small"), 0, 0
    rooms = ("dry", "room", "hall")
    found = {name: Found() for name in (*(f"truth, {room}" for room in rooms), *PROMPTS)}
    while done < options.clips:
        scene = make_scene(scene_number(options.seed, number), "eval", SECONDS)
        scene, number = replace(scene, ambience=None, fade=None), number + 1
        truth = truth_of(scene)
        times = [event.time for event in isolated(truth, 0.6, 0.5)]
        if not times:
            continue
        for room in rooms:
            wave = torch.from_numpy(render_sound(replace(scene, room=room), RATE))
            found[f"truth, {room}"].add(wave, truth, times)
        features = video_features(pipeline, scene)
        for name, (where, asmr) in PROMPTS.items():
            told = stem_prompts(subject(scene) + where, "", "", asmr=asmr)
            sound = pipeline.generate(
                features=features,
                prompt=told.effects,
                negative_prompt=told.effects_negative,
                seed=5,
                solver="euler",
            )
            found[name].add(sound.waveform[0], truth, times)
        done += 1
        print(f"{done}/{options.clips} {subject(scene)}", file=sys.stderr, flush=True)
    print("| sound | tail, dB | floor, dB | hits F1 |\n|---|---|---|---|")
    for name, each in found.items():
        print(each.row(name))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
