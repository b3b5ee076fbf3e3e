"""A picture of a sound, as a Pillow image: film strip, motion, spectrogram and pan (rows.py) over one
time axis, with words."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ..errors import InputError
from .rows import (
    ABOVE,
    BELOW,
    INK,
    MOTION,
    PAN,
    PAPER,
    SPECTROGRAM,
    STRIP,
    WIDTH,
    film_strip,
    frequency_labels,
    motion_row,
    pan_row,
    spectrogram,
)

GAP, MARGIN, EDGE = 20, 76, 28  # between rows; left of them, for words; right of them
TEXT = 18  # pixels: legible where the picture is shown at half its size


def picture(
    sound: Tensor,
    rate: int,
    frames: Tensor | None = None,
    ticks_above: Sequence[float] = (),
    ticks_below: Sequence[float] = (),
    pans: Sequence[tuple[float, float]] = (),
    *,
    film_seconds: float | None = None,
    aspect: float | None = None,
    motion: Tensor | None = None,
) -> Image.Image:
    """Draws `sound` over time, under the frames if there are any. `ticks_above` and `ticks_below` are seconds
    to tick over and under the spectrogram; `pans` are (seconds, pan) to be dotted behind the sound's own pan.
    The frames last `film_seconds` (None: as long as the sound), are shown with width / height = `aspect`
    (None: their own), and `motion` [T] is how much each of them moves."""
    checked_sound(sound)
    sound = sound.detach().float().cpu()
    seconds = sound.shape[1] / rate
    share = seconds / (film_seconds or seconds)
    film = frames is not None and len(frames) > 0
    rows = (STRIP + GAP if film else 0) + (0 if motion is None else MOTION + GAP)
    image = Image.new("RGB", (MARGIN + WIDTH + EDGE, rows + SPECTROGRAM + PAN + 2 * GAP + 2 * TEXT), PAPER)
    draw, top = ImageDraw.Draw(image), GAP
    if film:
        image.paste(film_strip(frames, aspect or frames.shape[3] / frames.shape[2], share), (MARGIN, top))
        top += STRIP + GAP
    if motion is not None:
        image.paste(motion_row(motion, share), (MARGIN, top - GAP // 2))
        _label(draw, top - GAP // 2 + MOTION // 2, "motion")
        top += MOTION + GAP
    image.paste(spectrogram(sound.mean(0), rate), (MARGIN, top))
    for text, row in frequency_labels(rate):
        _label(draw, top + row, text)
    _ticks(draw, [time / seconds for time in ticks_above], top - 1, -8, ABOVE)
    top += SPECTROGRAM
    _ticks(draw, [time / seconds for time in ticks_below], top + 1, 8, BELOW)
    top += GAP
    image.paste(pan_row(sound, [(time / seconds, pan) for time, pan in pans]), (MARGIN, top))
    _label(draw, top + TEXT // 2, "left")
    _label(draw, top + PAN - TEXT // 2, "right")
    _seconds(draw, top + PAN, seconds)
    return image


def checked_sound(sound: Tensor) -> None:
    """InputError for what is not [1 or 2 channels, 1 or more samples]."""
    if sound.ndim != 2 or sound.shape[0] not in (1, 2) or sound.shape[1] == 0:
        raise InputError(f"sound is {tuple(sound.shape)}: a picture needs [1 or 2 channels, samples].")


def _label(draw: ImageDraw.ImageDraw, middle: float, text: str) -> None:
    """Left of the rows, its middle at this height."""
    draw.text((MARGIN - 8, middle), text, fill=INK, font=font(), anchor="rm")


def font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(TEXT)


def _ticks(
    draw: ImageDraw.ImageDraw, shares: list[float], tip: int, height: int, colour: tuple[int, int, int]
) -> None:
    """Triangles whose tips are at `tip` and at these shares of the width."""
    for share in shares:
        x = MARGIN + share * WIDTH
        draw.polygon((x - 4, tip + height, x + 4, tip + height, x, tip), fill=colour)


def _seconds(draw: ImageDraw.ImageDraw, top: int, seconds: float) -> None:
    step = next(s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 300, 1e9) if seconds / s <= 11)
    for i in range(int(seconds / step) + 1):
        x = MARGIN + i * step / seconds * WIDTH
        draw.line((x, top, x, top + 4), fill=INK)
        draw.text((x, top + 8), f"{i * step:g} s", fill=INK, font=font(), anchor="ma")
