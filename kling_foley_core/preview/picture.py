"""A picture of what is heard: film strip, motion, spectrogram and pan over one time axis, as a Pillow image.

Input: sound [C, N] in -1..1 (C = 1 or 2), its rate, and optionally frames [T, 3, H, W] uint8 spread evenly
over the film's seconds. The axis is as long as the sound: a longer film is cut, a shorter one leaves its rows
empty at the end. Levels are in decibels below the loudest bin; pan is (R - L) / (R + L) of the short-time
energy, -1 left to 1 right; motion is drawn against its own maximum. Our choice of layout; drawn with Pillow,
which every host has.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from ..errors import InputError

WIDTH, STRIP, MOTION, SPECTROGRAM, PAN, GAP, MARGIN = 960, 72, 40, 256, 64, 20, 44
WINDOW, FLOOR_DB = 2048, -80.0
MARK, HEARD, TRUE = (200, 60, 60), (40, 110, 190), (150, 170, 200)
INK, PAPER, FAINT = (32, 34, 40), (250, 250, 248), (196, 198, 204)
LEAST_MOTION = 0.5  # grey levels at the top of the motion row: a film that stands still is not blown up
# Dark blue to yellow, five stops; brightness rises steadily, so it also reads in grey.
COLOURS = np.array(
    [(10, 12, 40), (60, 30, 110), (170, 50, 100), (240, 130, 50), (252, 240, 170)], dtype=np.float32
)


def picture(
    sound: Tensor,
    rate: int,
    frames: Tensor | None = None,
    marks: Sequence[float] = (),
    heard: Sequence[float] = (),
    places: Sequence[tuple[float, float]] = (),
    *,
    film_seconds: float | None = None,
    aspect: float | None = None,
    motion: Tensor | None = None,
) -> Image.Image:
    """Draws `sound` over time, under the frames if there are any. `marks` are seconds to tick over it,
    `heard` seconds to tick under it; `places` are (seconds, pan) to be dotted behind the pan heard. The
    frames last `film_seconds` (None: as long as the sound), are shown with width / height = `aspect` (None:
    their own), and `motion` [T] is how much each of them moves."""
    if sound.ndim != 2 or sound.shape[0] not in (1, 2) or sound.shape[1] == 0:
        raise InputError(f"sound is {tuple(sound.shape)}: a picture needs [1 or 2 channels, samples].")
    sound = sound.detach().float().cpu()
    seconds = sound.shape[1] / rate
    share = seconds / (film_seconds or seconds)  # of the film's length, in which frame and motion are spread
    film = frames is not None and len(frames) > 0
    rows = (STRIP + GAP if film else 0) + (0 if motion is None else MOTION + GAP)
    image = Image.new("RGB", (WIDTH + 2 * MARGIN, rows + SPECTROGRAM + PAN + 4 * GAP), PAPER)
    draw = ImageDraw.Draw(image)
    top = GAP
    if film:
        image.paste(_film_strip(frames, aspect or frames.shape[3] / frames.shape[2], share), (MARGIN, top))
        top += STRIP + GAP
    if motion is not None:
        _motion_curve(draw, motion, share, top - GAP // 2)
        top += MOTION + GAP
    image.paste(_spectrogram(sound.mean(0), rate), (MARGIN, top))
    _frequency_labels(draw, top, rate)
    _ticks(draw, [mark / seconds for mark in marks], top - 1, -8, MARK)
    top += SPECTROGRAM
    _ticks(draw, [time / seconds for time in heard], top + 1, 8, HEARD)
    top += GAP
    _pan_frame(draw, top)
    for time, pan in places:
        _dot(draw, MARGIN + time / seconds * WIDTH, top, pan, TRUE)
    _pan_curve(draw, sound, top)
    _seconds(draw, top + PAN, seconds)
    return image


def _film_strip(frames: Tensor, aspect: float, share: float) -> Image.Image:
    """As many frames as fit side by side, each from the middle of its stretch of time."""
    each = min(WIDTH, max(1, round(STRIP * aspect)))
    count = max(1, WIDTH // each)
    strip = Image.new("RGB", (WIDTH, STRIP), INK)
    for i in range(count):
        at = int((i + 0.5) / count * share * len(frames))
        if at < len(frames):
            still = Image.fromarray(frames[at].permute(1, 2, 0).cpu().numpy())
            strip.paste(still.resize((each, STRIP)), (i * WIDTH // count, 0))
    return strip


def _motion_curve(draw: ImageDraw.ImageDraw, motion: Tensor, share: float, top: int) -> None:
    """A filled curve; of the frames that share a column the one that moves most."""
    bottom, full = top + MOTION, max(LEAST_MOTION, float(motion.max()))
    edges = (torch.arange(WIDTH + 1) * (share * len(motion) / WIDTH)).long().tolist()
    for x, (a, b) in enumerate(zip(edges, edges[1:], strict=False)):
        if a < len(motion):
            height = float(motion[a : max(b, a + 1)].max()) / full * MOTION
            draw.line((MARGIN + x, bottom - height, MARGIN + x, bottom), fill=FAINT)
    draw.line((MARGIN, bottom, MARGIN + WIDTH, bottom), fill=INK)
    draw.text((4, bottom - 12), "motion", fill=INK)


def _spectrogram(mono: Tensor, rate: int) -> Image.Image:
    """Log-frequency spectrogram, one column a pixel."""
    hop = max(1, mono.shape[0] // WIDTH)
    padded = torch.nn.functional.pad(mono, (WINDOW // 2, WINDOW // 2))
    window = torch.hann_window(WINDOW)
    magnitude = torch.stft(padded, WINDOW, hop, window=window, center=False, return_complex=True).abs()
    level = 20 * torch.log10(magnitude / magnitude.max().clamp(min=1e-9) + 1e-9)
    rows = (_frequencies(rate) / rate * WINDOW).long().clamp(max=magnitude.shape[0] - 1)
    columns = torch.linspace(0, level.shape[1] - 1, WIDTH).round().long()
    shade = 1 - level[rows][:, columns].clamp(FLOOR_DB, 0).numpy() / FLOOR_DB
    stops = np.linspace(0, 1, len(COLOURS))
    rgb = np.stack([np.interp(shade, stops, COLOURS[:, c]) for c in range(3)], axis=-1)
    return Image.fromarray(rgb.astype(np.uint8))


def _frequencies(rate: int) -> Tensor:
    """Centre frequency in Hz of each spectrogram row, highest first, evenly in octaves from 40 Hz."""
    return torch.logspace(np.log10(rate / 2), np.log10(40.0), SPECTROGRAM)


def _frequency_labels(draw: ImageDraw.ImageDraw, top: int, rate: int) -> None:
    rows = _frequencies(rate)
    for hertz, label in ((100, "100"), (1000, "1k"), (10000, "10k")):
        if hertz < rate / 2:
            y = top + int((rows - hertz).abs().argmin())
            draw.text((4, y - 6), f"{label} Hz"[:7], fill=INK)


def _ticks(
    draw: ImageDraw.ImageDraw, shares: list[float], tip: int, height: int, colour: tuple[int, int, int]
) -> None:
    """Triangles whose tips are at `tip` and at these shares of the width."""
    for share in shares:
        x = MARGIN + share * WIDTH
        draw.polygon((x - 3, tip + height, x + 3, tip + height, x, tip), fill=colour)


def _pan_frame(draw: ImageDraw.ImageDraw, top: int) -> None:
    middle = top + PAN // 2
    draw.rectangle((MARGIN, top, MARGIN + WIDTH, top + PAN), outline=FAINT)
    draw.line((MARGIN, middle, MARGIN + WIDTH, middle), fill=FAINT)
    draw.text((4, top), "left", fill=INK)
    draw.text((4, top + PAN - 12), "right", fill=INK)


def _dot(draw: ImageDraw.ImageDraw, x: float, top: int, pan: float, colour: tuple[int, int, int]) -> None:
    y = top + PAN // 2 + pan * PAN / 2
    draw.rectangle((x, y - 1, x + 3, y + 1), fill=colour)


def _pan_curve(draw: ImageDraw.ImageDraw, sound: Tensor, top: int) -> None:
    """Where the energy is between left (top) and right (bottom); silence draws nothing."""
    left, right = (sound[0], sound[-1])
    edges = torch.linspace(0, sound.shape[1], WIDTH // 4 + 1).long()
    loudest = sound.square().mean().item()
    for i, (a, b) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        energies = [c[a : max(b, a + 1)].square().mean().item() for c in (left, right)]
        if sum(energies) > 1e-3 * loudest:
            _dot(draw, MARGIN + 4 * i, top, (energies[1] - energies[0]) / sum(energies), MARK)


def _seconds(draw: ImageDraw.ImageDraw, top: int, seconds: float) -> None:
    step = next(s for s in (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1e9) if seconds / s <= 16)
    for i in range(int(seconds / step) + 1):
        x = MARGIN + i * step / seconds * WIDTH
        draw.line((x, top, x, top + 4), fill=INK)
        draw.text((x - 6, top + 5), f"{i * step:g} s", fill=INK)
