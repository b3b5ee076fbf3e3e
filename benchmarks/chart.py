"""A chart of measured points and a fitted line on logarithmic axes, as a Pillow image."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, LEFT, ABOVE, BELOW, RIGHT = 520, 320, 84, 44, 64, 24
TEXT, DOT = 16, 5
INK, PAPER, GRID, POINT, LINE = (40, 40, 40), (255, 255, 255), (226, 222, 212), (44, 110, 150), (200, 90, 50)
SAMPLES = 100  # of the fitted line
STEPS = (1, 2, 5)  # labels of a decade


@dataclass(frozen=True)
class Panel:
    """`points` are (x, y), both above 0; `fitted` is the line's y of x."""

    title: str
    x_label: str
    points: Sequence[tuple[float, float]]
    fitted: Callable[[float], float]


def chart(panels: Sequence[Panel], columns: int = 2) -> Image.Image:
    """The panels row by row."""
    rows = -(-len(panels) // columns)
    width, height = LEFT + WIDTH + RIGHT, ABOVE + HEIGHT + BELOW
    image = Image.new("RGB", (columns * width, rows * height), PAPER)
    for index, panel in enumerate(panels):
        row, column = divmod(index, columns)
        _draw(ImageDraw.Draw(image), panel, column * width + LEFT, row * height + ABOVE)
    return image


def _draw(draw: ImageDraw.ImageDraw, panel: Panel, left: int, top: int) -> None:
    font = ImageFont.load_default(TEXT)
    xs, ys = zip(*panel.points, strict=True)
    across, up = _Axis.around(xs, WIDTH), _Axis.around(ys, HEIGHT)
    bottom = top + HEIGHT
    draw.text((left, top - 12), panel.title, fill=INK, font=font, anchor="ls")
    draw.text((left + WIDTH / 2, bottom + 36), panel.x_label, fill=INK, font=font, anchor="ma")
    for value in across.labels():
        x = left + across.at(value)
        draw.line((x, top, x, bottom), fill=GRID)
        draw.text((x, bottom + 8), f"{value:g}", fill=INK, font=font, anchor="ma")
    for value in up.labels():
        y = bottom - up.at(value)
        draw.line((left, y, left + WIDTH, y), fill=GRID)
        draw.text((left - 8, y), f"{value:g}", fill=INK, font=font, anchor="rm")
    draw.rectangle((left, top, left + WIDTH, bottom), outline=INK)
    steps = [xs[0] * (xs[-1] / xs[0]) ** (i / SAMPLES) for i in range(SAMPLES + 1)]
    line = [(x, panel.fitted(x)) for x in steps]
    shown = [(left + across.at(x), bottom - up.at(y)) for x, y in line if up.low <= y <= up.high]
    draw.line(shown, fill=LINE, width=2)
    for x, y in panel.points:
        px, py = left + across.at(x), bottom - up.at(y)
        draw.ellipse((px - DOT, py - DOT, px + DOT, py + DOT), fill=POINT)


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    length: int

    @classmethod
    def around(cls, values: Sequence[float], length: int) -> _Axis:
        return cls(min(values) / 1.25, max(values) * 1.25, length)

    def at(self, value: float) -> float:
        return self.length * math.log(value / self.low) / math.log(self.high / self.low)

    def labels(self) -> list[float]:
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        return [s * 10.0**d for d in decades for s in STEPS if self.low <= s * 10.0**d <= self.high]
