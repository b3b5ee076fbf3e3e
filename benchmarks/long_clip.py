"""Sound of clips longer than one window, at the windows' seams against elsewhere: python
benchmarks/long_clip.py --films N --out DIR

Films are scenes of Foley World, each one continuous scene of SECONDS, and their hits are known. A seam is the
middle of what two neighbouring windows share. Some hits are harder than others, wherever windows meet: so
every film is made a second time with windows that meet elsewhere, and hits that lie near a seam in one of the
two are counted in both. DIR gets `films.json`, a line for every film as it is done, and
a picture of the first one. Prints the table of docs/measured.md, and with `--times A B ...` the processor
time of clips of other lengths with a line fitted to it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from kling_foley_core.analysis.onsets import onsets
from kling_foley_core.evaluation.measures.matching import Hits, judged_by, total
from kling_foley_core.evaluation.report.pictures import clip_picture
from kling_foley_core.evaluation.runners.clips import video_features
from kling_foley_core.flow import Window, plan
from kling_foley_core.foley_world import Scene, make_scene, render_sound, truth_of
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.generation.sampling import windows_of
from kling_foley_core.generation.video_features import VideoFeatures
from kling_foley_core.mmdit import Features
from kling_foley_core.preview.picture import MARGIN
from kling_foley_core.preview.rows import WIDTH
from kling_foley_core.timing import latent_frames

SECONDS = 180.0
FAMILIES = ("drum", "drops", "footsteps", "anvil")  # that go on for so long, and of which few hits are missed
FIRST = 7000  # number of the first scene
NEAR = 0.5  # seconds from a seam
BLOCK = 0.02  # seconds whose energy is compared with that of as many after them
ELSEWHERE = Fraction(2, 5)  # of a window is shared when a film is made again: its seams lie elsewhere
EVERY = 0.1  # seconds between the places elsewhere where that is done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=14)
    parser.add_argument("--first", type=int, default=0, help="number of the first film")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--times", type=float, nargs="*", default=[])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)  # processor time is that of one core
    pipeline = FoleyPipeline.from_pretrained("small", device="cpu")
    lines = options.out / "films.json"
    for number in range(options.first, options.first + options.films):
        scene = make_scene(FIRST + number, "eval", SECONDS, FAMILIES[number % len(FAMILIES)])
        sound, seams = made(pipeline, scene, options.steps)
        with other_windows():
            again = made(pipeline, scene, options.steps)
        found = measured(pipeline, scene, sound, seams) | paired(pipeline, scene, (sound, seams), again)
        with lines.open("a") as file:
            file.write(json.dumps(found) + "\n")
        if number == 0:
            marked(scene, sound, seams, pipeline).save(options.out / "long.jpg", quality=88)
    if options.films:
        report([json.loads(line) for line in lines.read_text().splitlines()])
    if options.times:
        timed(pipeline, options.times, options.steps)


def other_windows() -> AbstractContextManager[Any]:
    return patch("kling_foley_core.generation.sampling.plan", partial(plan, overlap=ELSEWHERE))


def made(pipeline: FoleyPipeline, scene: Scene, steps: int) -> tuple[Tensor, list[float]]:
    """Sound [2, N] of the scene, and the seams of its windows in seconds."""
    features = video_features(pipeline, scene)
    sound = pipeline.generate(
        features=features, prompt=scene.caption, solver="euler", steps=steps, seed=scene.seed
    )
    return sound.waveform[0], seams_of(pipeline, features)


def seams_of(pipeline: FoleyPipeline, video: VideoFeatures) -> list[float]:
    codec = pipeline.parts.codec
    features = Features.of(video.seconds, visual=video.visual, sync=video.sync)
    frames = latent_frames(video.seconds, codec.sampling_rate, codec.hop)
    windows = windows_of(pipeline.parts.generator.config, features, video.seconds, frames)
    return [middle(a, b) for a, b in pairwise(windows)]


def middle(first: Window, second: Window) -> float:
    return float(first.start + first.seconds + second.start) / 2


def measured(pipeline: FoleyPipeline, scene: Scene, sound: Tensor, seams: list[float]) -> dict[str, Any]:
    """Hits [matched, false, missed] and level steps in dB near the seams and elsewhere, of what was made and
    of the true sound."""

    def near(when: float) -> bool:
        return min(abs(when - seam) for seam in seams) <= NEAR

    rate = pipeline.parts.codec.sampling_rate
    places = [when for when in np.arange(EVERY, scene.seconds - EVERY, EVERY) if not near(when)]
    found: dict[str, Any] = {"family": scene.family, "seed": scene.seed, "seams": len(seams)}
    true = torch.from_numpy(render_sound(scene, rate))
    for name, wave in (("made", sound), ("true", true)):
        hits = judged_by(truth_of(scene), onsets(wave, rate))
        found[name] = {
            "hits near": counted(hits.hits(near)),
            "hits elsewhere": counted(hits.hits(lambda when: not near(when))),
            "steps near": [level_step(wave, rate, seam) for seam in seams],
            "steps elsewhere": [level_step(wave, rate, place) for place in places],
        }
    return found


def paired(
    pipeline: FoleyPipeline, scene: Scene, *makings: tuple[Tensor, list[float]]
) -> dict[str, list[list[int]]]:
    """Of hits near a seam of one making and none of the other: [matched, false, missed] with the seam there,
    and without it."""
    rate, truth = pipeline.parts.codec.sampling_rate, truth_of(scene)
    heard = [judged_by(truth, onsets(sound, rate)) for sound, _ in makings]

    def near(when: float, making: int) -> bool:
        return min(abs(when - seam) for seam in makings[making][1]) <= NEAR

    with_seam, without = [0, 0, 0], [0, 0, 0]
    for one, other in ((0, 1), (1, 0)):

        def chosen(when: float, one: int = one, other: int = other) -> bool:
            return near(when, one) and not near(when, other)

        for sums, making in ((with_seam, one), (without, other)):
            sums[:] = [a + b for a, b in zip(sums, counted(heard[making].hits(chosen)), strict=True)]
    return {"paired": [with_seam, without]}


def counted(hits: Hits) -> list[int]:
    return [hits.matched, hits.false, hits.missed]


def level_step(wave: Tensor, rate: int, when: float) -> float:
    """|dB| between the energies of the BLOCK before and after `when`; below -100 dBFS all is silence."""
    size, at = round(BLOCK * rate), round(when * rate)
    before, after = (
        10 * np.log10(wave[:, a : a + size].square().mean().item() + 1e-10) for a in (at - size, at)
    )
    return abs(after - before)


def report(films: list[dict[str, Any]]) -> None:
    print(f"{len(films)} films of {SECONDS:g} s, {sum(f['seams'] for f in films)} seams")
    print("| sound | hits | F1 within 0.5 s of a seam | F1 elsewhere | step at seams | step elsewhere |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in ("made", "true"):
        sums = {
            place: total(Hits(*film[name][f"hits {place}"], ()) for film in films)
            for place in ("near", "elsewhere")
        }
        steps = {
            place: median(step for film in films for step in film[name][f"steps {place}"])
            for place in ("near", "elsewhere")
        }
        hits = " + ".join(str(s.matched + s.missed) for s in sums.values())
        print(
            f"| {name} | {hits} | {sums['near'].f1:.3f} | {sums['elsewhere'].f1:.3f} "
            f"| {steps['near']:.2f} dB | {steps['elsewhere']:.2f} dB |"
        )
    low, high = spread(films, lambda chosen: difference(chosen, "made"))
    print(
        f"F1 at seams less that elsewhere: {difference(films, 'made'):+.3f}, films drawn again: {low:+.3f} ",
        end="",
    )
    print(f"to {high:+.3f} (95 %)")
    with_seam, without = (total(Hits(*film["paired"][k], ()) for film in films) for k in (0, 1))
    low, high = spread(films, paired_difference)
    print(f"the same {with_seam.matched + with_seam.missed} hits with a seam near and without: ", end="")
    print(f"F1 {with_seam.f1:.3f} and {without.f1:.3f}, {paired_difference(films):+.3f}, ", end="")
    print(f"films drawn again: {low:+.3f} to {high:+.3f}")


def difference(films: list[dict[str, Any]], name: str) -> float:
    near, elsewhere = (
        total(Hits(*film[name][f"hits {place}"], ()) for film in films) for place in ("near", "elsewhere")
    )
    return near.f1 - elsewhere.f1


def paired_difference(films: list[dict[str, Any]]) -> float:
    with_seam, without = (total(Hits(*film["paired"][k], ()) for film in films) for k in (0, 1))
    return with_seam.f1 - without.f1


def spread(films: list[dict[str, Any]], value: Callable[[list], float]) -> tuple[float, float]:
    """What 95 % of 2000 draws of as many films give."""
    rng = np.random.default_rng(0)
    draws = [value([films[i] for i in rng.integers(0, len(films), len(films))]) for _ in range(2000)]
    low, high = np.percentile(draws, (2.5, 97.5))
    return float(low), float(high)


def marked(scene: Scene, sound: Tensor, seams: list[float], pipeline: FoleyPipeline) -> Image.Image:
    """The picture of the clip with a white line at every seam."""
    image = clip_picture(scene, sound, pipeline.parts.codec.sampling_rate)
    draw = ImageDraw.Draw(image)
    for seam in seams:
        x = MARGIN + seam / scene.seconds * WIDTH
        draw.line((x, 0, x, image.height - 40), fill=(255, 255, 255), width=1)
    return image


def timed(pipeline: FoleyPipeline, lengths: list[float], steps: int) -> None:
    """Processor time of sampling and decoding, and the line through it."""
    spent = []
    for seconds in lengths:
        began = time.process_time()
        pipeline.generate(prompt="rain", seconds=seconds, solver="euler", steps=steps)
        spent.append(time.process_time() - began)
        print(f"{seconds:g} s: {spent[-1]:.1f} s of one core, {spent[-1] / seconds:.2f} for each second")
    slope, start = np.polyfit(lengths, spent, 1)
    worst = max(abs(start + slope * a - b) / b for a, b in zip(lengths, spent, strict=True))
    print(f"line: {start:.1f} s + {slope:.3f} for each second; at most {worst:.0%} off")


if __name__ == "__main__":
    main()
