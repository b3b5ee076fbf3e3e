"""The held-out figures of every part's training as one picture: python benchmarks/training_curves.py [OUT].

Reads PART.jsonl beside the built-in model and in the folders of FURTHER, the logs of its rounds of
training; a line stands where a further one begins. From the fifth on the held-out clips are others.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PIL import Image, ImageDraw

from kling_foley_core.weights import BUILT_IN

LOGS = BUILT_IN.parent / "training"
FURTHER = ("refine", "third", "fourth", "fifth", "sixth")
# Part -> what is drawn, and its figures.
PANELS = {
    "codec": (
        "mel L1 in nats",
        ["mel_l1_world", "mel_l1_effects", "mel_l1_speech", "mel_l1_singing", "mel_l1_music"],
    ),
    "vocoder": (
        "mel L1 in nats, from decoded mels",
        [f"mel_l1_{kind}_decoded" for kind in ("world", "effects", "speech", "singing", "music")],
    ),
    "encoders": (
        "shares found, or explained",
        ["loudness explained", "moments found", "sound of text", "sound of picture", "picture of text"],
    ),
    "generator": ("flow matching loss", ["all", "no text", "other text", "no video", "other video"]),
    "stereo": ("error of the log gains", ["loss", "other video", "middle"]),
}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 380, 250, 44, 14, 36, 24
COLOURS = [(40, 110, 190), (200, 60, 60), (60, 150, 80), (220, 150, 40), (130, 80, 170)]
INK, PAPER, FAINT = (32, 34, 40), (250, 250, 248), (214, 216, 220)


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else LOGS / "curves.png"
    image = Image.new("RGB", (3 * WIDTH, 2 * HEIGHT), PAPER)
    for place, (part, (what, names)) in enumerate(PANELS.items()):
        image.paste(panel(part, what, names), (place % 3 * WIDTH, place // 3 * HEIGHT))
    image.save(out, optimize=True)
    print(out)


def panel(part: str, what: str, names: list[str]) -> Image.Image:
    points = figures_of(LOGS / f"{part}.jsonl")
    begins = []
    for log in (LOGS / name / f"{part}.jsonl" for name in FURTHER):
        if log.exists():
            begins.append(points[-1][0])
            points += [(begins[-1] + step, figures) for step, figures in figures_of(log)]
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((LEFT, 6), f"{part}: {what}", fill=INK)
    values = [figures[name] for _, figures in points for name in names if name in figures]
    low, high, last = min(0.0, *values), max(values) * 1.05, points[-1][0]

    def at(step: float, value: float) -> tuple[float, float]:
        across = (WIDTH - LEFT - RIGHT) * step / last
        return LEFT + across, HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low)

    for k in range(5):
        value = low + (high - low) * k / 4
        draw.line([at(0, value), at(last, value)], fill=FAINT)
        draw.text((4, at(0, value)[1] - 6), f"{value:.2f}", fill=INK)
    for step in begins:
        draw.line([at(step, low), at(step, high)], fill=FAINT)
    x, y = at(last, low)
    draw.text((x, y + 6), f"{last} steps", fill=INK, anchor="ra")
    x = 6
    for name, colour in zip(names, COLOURS, strict=False):
        draw.line([at(step, figures[name]) for step, figures in points if name in figures], colour, 2)
        label = name.removeprefix("mel_l1_").removesuffix("_decoded").replace("explained", "expl.")
        draw.text((x, 20), label, fill=colour)
        x += draw.textlength(label) + 5
    return image


def figures_of(log: Path) -> list[tuple[int, dict[str, float]]]:
    """(step, held-out figures), every time a run has looked at them."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [(line["step"], line["validation"]) for line in lines if "validation" in line]


if __name__ == "__main__":
    main()
