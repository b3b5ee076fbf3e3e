"""Whether text acts in its time: what a listener names before and after the moment at which the prompt
changes.

    .venv/bin/python benchmarks/timed_prompts.py --picture benchmarks/results/prompts/timed.png

Held-out scenes of Foley World, 8 s each. The prompt names one ambience for the first half and another for
the second (an ambience is heard and never seen: only the words say it), against the same words without times
and against each word alone. The listener is the classifier of backgrounds of `evaluate world`, trained on
true sound (the cache of `evaluate world` serves). `step`: change of the level from the 20 ms before the
border to the 20 ms after it, in dB, beside that of 20 ms at other times (medians).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from kling_foley_core.analysis.bands import HOPS_PER_SECOND, band_power
from kling_foley_core.analysis.onsets import onsets
from kling_foley_core.evaluation.measures.matching import Hits, hits_of, total
from kling_foley_core.evaluation.networks.classifier import Classifier
from kling_foley_core.evaluation.networks.segments import BACKGROUND, SLOWER
from kling_foley_core.evaluation.networks.sound_classifiers import trained_classifiers
from kling_foley_core.evaluation.runners.clips import video_features
from kling_foley_core.flow import time_grid, timed
from kling_foley_core.foley_world import make_scene, scene_number, truth_of
from kling_foley_core.foley_world.surroundings import AMBIENCES
from kling_foley_core.foley_world.words import AMBIENCE_WORDS
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.presets import usual_guidance

SEED, SECONDS, STEPS = 4, 8.0, 20
HALF = SECONDS / 2
FADES = (0.0, 1.0)  # beside the library's own
PLAIN, FIRST, SECOND = "the same words without times", "the first words alone", "the second words alone"
WINDOW, HOP = 2.0, 0.25  # seconds of the picture's listener
INK, PAPER, OTHER = (40, 40, 40), (255, 255, 255), (170, 170, 170)
NAMED_FIRST, NAMED_SECOND = (31, 119, 180), (214, 89, 40)
WIDTH, HEIGHT, EDGE, TEXT = 520, 220, 64, 16


class Found:
    """What one way of prompting made of all clips."""

    def __init__(self) -> None:
        self.names: list[tuple[bool, bool, bool, bool]] = []  # first, second named in each half
        self.over_time: list[list[int]] = []  # 0: the first, 1: the second, 2: another
        self.hits: list[Hits] = []
        self.steps: list[tuple[float, float]] = []

    def add(self, sound: Tensor, rate: int, kinds: tuple[str, str], truth, listener: Classifier) -> None:
        power = band_power(sound, rate)
        at = power.shape[1] // 2
        halves = [listener.classify(_slower(part)) for part in (power[:, :at], power[:, at:])]
        self.names.append(tuple(name == kind for name in halves for kind in kinds))
        frames = [int((k * HOP) * HOPS_PER_SECOND) for k in range(int((SECONDS - WINDOW) / HOP) + 1)]
        pieces = [power[:, f : f + int(WINDOW * HOPS_PER_SECOND)] for f in frames]
        heard = [listener.classify(_slower(piece)) for piece in pieces]
        self.over_time.append([kinds.index(name) if name in kinds else 2 for name in heard])
        self.hits.append(hits_of(onsets(sound, rate), truth))
        level = 10 * torch.log10(F.avg_pool1d(power.sum(0)[None], 4)[0] + 1e-9)
        steps = level.diff().abs()
        border = len(steps) // 2
        self.steps.append((float(steps[border - 1 : border + 1].max()), float(steps.median())))

    def row(self, name: str) -> str:
        first_in, second_out, first_out, second_in = (
            sum(named) / len(self.names) for named in zip(*self.names, strict=True)
        )
        border, elsewhere = (sorted(s)[len(s) // 2] for s in zip(*self.steps, strict=True))
        cells = f"{first_in:.2f} | {first_out:.2f} | {second_in:.2f} | {second_out:.2f}"
        return f"| {name} | {cells} | {total(self.hits).f1:.3f} | {border:.1f} ({elsewhere:.1f}) |"


def _slower(power: Tensor) -> Tensor:
    return F.avg_pool1d(power, SLOWER)


def kinds_of(index: int) -> tuple[str, str]:
    """Two different ambiences; all ordered pairs come round."""
    count = len(AMBIENCES)
    return AMBIENCES[index % count], AMBIENCES[(index + 1 + index // count % (count - 1)) % count]


def ways(first: str, second: str) -> Iterator[tuple[str, str, float]]:
    """(name, prompt, fade in seconds)"""
    in_time = f"[0-{HALF:g}] {first} [{HALF:g}-{SECONDS:g}] {second}"
    own = timed.FADE
    yield f"with times, fade {own:g} s", in_time, own
    for fade in FADES:
        yield f"with times, fade {fade:g} s", in_time, fade
    yield PLAIN, f"{first}, {second}", own
    yield FIRST, first, own
    yield SECOND, second, own


@torch.inference_mode()
def measured(pipeline: FoleyPipeline, listener: Classifier, clips: int) -> dict[str, Found]:
    guidance, rate = usual_guidance(pipeline.parts.generator.config), pipeline.parts.codec.sampling_rate
    found: dict[str, Found] = {}
    for i in range(clips):
        scene = make_scene(scene_number(SEED, i), "eval", SECONDS)
        video, truth, kinds = video_features(pipeline, scene), truth_of(scene), kinds_of(i)
        for name, prompt, fade in ways(*(AMBIENCE_WORDS[kind][0] for kind in kinds)):
            own, timed.FADE = timed.FADE, fade
            texts = pipeline.encode_prompts(prompt, "", SECONDS)
            latent = pipeline.sample(video, *texts, time_grid(STEPS), guidance, seed=i)
            timed.FADE = own
            sound = pipeline.decode(latent, video).waveform[0]
            found.setdefault(name, Found()).add(sound, rate, kinds, truth, listener)
    return found


def drawn(found: dict[str, Found]) -> Image.Image:
    """For each way, over time: the share of clips in which the listener names the first and the second."""
    shown = list(found)[0], PLAIN
    image = Image.new("RGB", (len(shown) * (WIDTH + EDGE) + EDGE, HEIGHT + 3 * EDGE), PAPER)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(TEXT)
    for panel, name in enumerate(shown):
        left, bottom = EDGE + panel * (WIDTH + EDGE), EDGE + HEIGHT
        draw.rectangle((left, EDGE, left + WIDTH, bottom), outline=OTHER)
        draw.text((left + WIDTH / 2, EDGE - 12), name, fill=INK, font=font, anchor="mb")
        draw.line((left + WIDTH / 2, EDGE, left + WIDTH / 2, bottom), fill=OTHER)
        heard = found[name].over_time
        for which, colour in ((2, OTHER), (0, NAMED_FIRST), (1, NAMED_SECOND)):
            points = []
            for k, column in enumerate(zip(*heard, strict=True)):
                x = left + (k * HOP + WINDOW / 2) / SECONDS * WIDTH
                points.append((x, bottom - HEIGHT * column.count(which) / len(column)))
            draw.line(points, fill=colour, width=3)
        for second in range(0, int(SECONDS) + 1, 2):
            x = left + second / SECONDS * WIDTH
            draw.text((x, bottom + 6), f"{second} s", fill=INK, font=font, anchor="ma")
        for share in (0, 0.5, 1):
            draw.text((left - 6, bottom - share * HEIGHT), f"{share:g}", fill=INK, font=font, anchor="rm")
    words = (
        ("the words of the first half", NAMED_FIRST),
        ("of the second half", NAMED_SECOND),
        ("another", OTHER),
    )
    for k, (word, colour) in enumerate(words):
        at = (EDGE + k * 300, EDGE + HEIGHT + 60)
        draw.text(at, f"named: {word}", fill=colour, font=font, anchor="lm")
    return image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--cache", type=Path, default=Path("out/cache"))
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    listener = trained_classifiers(options.cache).by_subject[BACKGROUND]
    found = measured(FoleyPipeline.from_pretrained("small", device="cpu"), listener, options.clips)
    print("| prompt | first words: in their half | in the other | second words: in theirs | in the other "
          "| hits F1 | step dB (elsewhere) |")  # fmt: skip
    print("|---|---|---|---|---|---|---|")
    for name, what in found.items():
        print(what.row(name))
    if options.picture is not None:
        options.picture.parent.mkdir(parents=True, exist_ok=True)
        drawn(found).save(options.picture)


if __name__ == "__main__":
    main()
