"""What the two weights of guidance do, that of the prompt and that of the picture, on held-out scenes of
Foley World: two maps, hits F1 and told words.

    .venv/bin/python benchmarks/weights.py --picture benchmarks/results/prompts/weights.png

Hits F1: what the picture says, by what sounds when. Told words: the share of ambiences and rooms, which only
the caption says, that the listener of `evaluate world` names (its cache serves). Equal weights are plain
guidance, where 1 and less means none.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont

from kling_foley_core.analysis.onsets import onsets
from kling_foley_core.evaluation.measures.matching import hits_of, total
from kling_foley_core.evaluation.networks.segments import BACKGROUND, NOTHING, ROOM, segments
from kling_foley_core.evaluation.networks.sound_classifiers import SoundClassifiers, trained_classifiers
from kling_foley_core.evaluation.runners.clips import groups
from kling_foley_core.evaluation.runners.conditions import ALL
from kling_foley_core.evaluation.runners.world import rendered
from kling_foley_core.flow import noise, time_grid
from kling_foley_core.generation.pipeline import FoleyPipeline

SEED = 5
WEIGHTS = (0.0, 1.0, 2.0, 4.0)
CELL, EDGE, TEXT = 92, 84, 16
INK, PAPER = (40, 40, 40), (255, 255, 255)
LOW, HIGH = (244, 240, 228), (44, 110, 150)  # colours of the worst and the best cell of a map
Cell = tuple[float, float]  # weights of the prompt and of the picture
Map = dict[Cell, float]


@torch.inference_mode()
def measured(pipeline: FoleyPipeline, listener: SoundClassifiers, clips: int, steps: int) -> tuple[Map, Map]:
    """(hits F1, told words)"""
    rate, width = pipeline.parts.codec.sampling_rate, pipeline.parts.generator.config.latent_dim
    hits, told = defaultdict(list), defaultdict(list)
    for group in groups(pipeline, clips, SEED):
        length = pipeline.parts.codec.latent_rate * float(group.video.seconds)
        x0 = noise(SEED + group.first, len(group.scenes), width, -int(-length // 1))
        for cell in ((text, picture) for text in WEIGHTS for picture in WEIGHTS):
            text, picture = cell
            latents = pipeline.sample(
                group.video, group.text, None, time_grid(steps), text, x0=x0, picture_guidance=picture
            )
            for sound, truth in zip(rendered(pipeline, group, latents, ALL), group.truths, strict=True):
                hits[cell].append(hits_of(onsets(sound, rate), truth))
                said = [
                    s
                    for s in segments(sound, rate, truth)
                    if s.subject == ROOM or s.subject == BACKGROUND and s.label != NOTHING
                ]
                names = listener.labels(said)
                told[cell] += [name == s.label for name, s in zip(names, said, strict=True)]
    return (
        {cell: total(found).f1 or 0.0 for cell, found in hits.items()},
        {cell: sum(found) / len(found) for cell, found in told.items()},
    )


def table(title: str, values: Map) -> str:
    head = f"| {title}: prompt | " + " | ".join(f"picture {w:g}" for w in WEIGHTS) + " |"
    rows = [
        f"| {text:g} | " + " | ".join(f"{values[text, picture]:.2f}" for picture in WEIGHTS) + " |"
        for text in WEIGHTS
    ]
    return "\n".join([head, "|---" * (len(WEIGHTS) + 1) + "|", *rows])


def drawn(maps: dict[str, Map]) -> Image.Image:
    side = CELL * len(WEIGHTS)
    image = Image.new("RGB", (len(maps) * (side + EDGE) + EDGE // 2, side + 2 * EDGE), PAPER)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(TEXT)
    for panel, (title, values) in enumerate(maps.items()):
        left, bottom = EDGE + panel * (side + EDGE), EDGE // 2 + side
        draw.text((left + side / 2, EDGE // 2 - 8), title, fill=INK, font=font, anchor="mb")
        worst, best = min(values.values()), max(values.values())
        for i, picture in enumerate(WEIGHTS):
            for j, text in enumerate(WEIGHTS):
                x, y, value = left + i * CELL, bottom - (j + 1) * CELL, values[text, picture]
                share = (value - worst) / (best - worst or 1)
                fill = tuple(round(a + share * (b - a)) for a, b in zip(LOW, HIGH, strict=True))
                draw.rectangle((x, y, x + CELL - 3, y + CELL - 3), fill=fill)
                ink = PAPER if share > 0.6 else INK
                draw.text((x + CELL / 2, y + CELL / 2), f"{value:.2f}", fill=ink, font=font, anchor="mm")
                if panel == 0 and i == 0:
                    draw.text((left - 8, y + CELL / 2), f"{text:g}", fill=INK, font=font, anchor="rm")
            draw.text((left + (i + 0.5) * CELL, bottom + 6), f"{picture:g}", fill=INK, font=font, anchor="ma")
        draw.text((left + side / 2, bottom + 28), "weight of the picture", fill=INK, font=font, anchor="ma")
    draw.text((8, EDGE // 2 - 8), "prompt", fill=INK, font=font, anchor="lb")
    return image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=16)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--cache", type=Path, default=Path("out/cache"))
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    listener = trained_classifiers(options.cache)
    pipeline = FoleyPipeline.from_pretrained("small", device="cpu")
    maps = dict(
        zip(
            ("hits F1", "told words"),
            measured(pipeline, listener, options.clips, options.steps),
            strict=True,
        )
    )
    print("\n\n".join(table(title, values) for title, values in maps.items()))
    if options.picture is not None:
        options.picture.parent.mkdir(parents=True, exist_ok=True)
        drawn(maps).save(options.picture)


if __name__ == "__main__":
    main()
