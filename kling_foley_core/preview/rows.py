"""The rows of a picture of sound and film, without words: Pillow images over one time axis, WIDTH wide.

The axis is as long as the sound [C, N] (C = 1 or 2, in -1..1). Frames [T, 3, H, W] uint8 and motion [T] are
spread evenly over the film; `share` is the sound's length in films: above 1 the film's rows end early, below
1 they are cut. Levels are in decibels below the loudest bin; pan is (R - L) / (R + L) of the short-time
energy, -1 left (top) to 1 right; motion is drawn against its own maximum. Our choice of layout and colours,
dark as the host's canvas is; drawn with Pillow, which every host has.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

WIDTH, STRIP, MOTION, SPECTROGRAM, PAN = 960, 72, 48, 240, 80
WINDOW, FLOOR_DB = 2048, -80.0
LOWEST = 40.0  # Hz, the spectrogram's last row
INK, PAPER, FAINT = (222, 222, 222), (32, 32, 32), (74, 76, 80)
ABOVE, BELOW, TRUE, MOVED = (255, 107, 94), (90, 169, 255), (140, 150, 170), (150, 154, 162)
LEAST_MOTION = 0.5  # grey levels at the top of the motion row: a film that stands still is not blown up
# Dark blue to yellow, five stops; brightness rises steadily, so it also reads in grey.
COLOURS = np.array(
    [(10, 12, 40), (60, 30, 110), (170, 50, 100), (240, 130, 50), (252, 240, 170)], dtype=np.float32
)


def film_strip(frames: Tensor, aspect: float, share: float) -> Image.Image:
    """As many frames of width / height = `aspect` as fit side by side, each from the middle of its stretch of
    time."""
    each = min(WIDTH, max(1, round(STRIP * aspect)))
    count = max(1, WIDTH // each)
    strip = Image.new("RGB", (WIDTH, STRIP), PAPER)
    for i in range(count):
        at = int((i + 0.5) / count * share * len(frames))
        if at < len(frames):
            still = Image.fromarray(frames[at].permute(1, 2, 0).cpu().numpy())
            strip.paste(still.resize((each, STRIP)), (i * WIDTH // count, 0))
    return strip


def motion_row(motion: Tensor, share: float) -> Image.Image:
    """A filled curve; of the frames that share a column the one that moves most."""
    row = Image.new("RGB", (WIDTH, MOTION), PAPER)
    draw, full = ImageDraw.Draw(row), max(LEAST_MOTION, float(motion.max()))
    edges = (torch.arange(WIDTH + 1) * (share * len(motion) / WIDTH)).long().tolist()
    for x, (a, b) in enumerate(zip(edges, edges[1:], strict=False)):
        if a < len(motion):
            height = float(motion[a : max(b, a + 1)].max()) / full * (MOTION - 1)
            draw.line((x, MOTION - 1 - height, x, MOTION - 1), fill=MOVED)
    draw.line((0, MOTION - 1, WIDTH, MOTION - 1), fill=MOVED)
    return row


def spectrogram(mono: Tensor, rate: int) -> Image.Image:
    """Log-frequency spectrogram of [N], one column a pixel."""
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
    """Centre frequency in Hz of each spectrogram row, highest first, evenly in octaves."""
    return torch.logspace(np.log10(rate / 2), np.log10(LOWEST), SPECTROGRAM)


def frequency_labels(rate: int) -> list[tuple[str, int]]:
    """(text, row of the spectrogram) of the frequencies that are named beside it."""
    rows = _frequencies(rate)
    named = {"10 kHz": 10_000, "1 kHz": 1000, "100 Hz": 100}
    return [(text, int((rows - hz).abs().argmin())) for text, hz in named.items() if hz < rate / 2]


def pan_row(sound: Tensor, pans: Sequence[tuple[float, float]] = ()) -> Image.Image:
    """Where the energy is between left (top) and right (bottom); silence draws nothing. `pans` are (share
    of the width, pan) to be dotted behind."""
    row = Image.new("RGB", (WIDTH, PAN), PAPER)
    draw = ImageDraw.Draw(row)
    draw.rectangle((0, 0, WIDTH - 1, PAN - 1), outline=FAINT)
    draw.line((0, PAN // 2, WIDTH, PAN // 2), fill=FAINT)
    for share, pan in pans:
        _dot(draw, share * WIDTH, pan, TRUE)
    left, right = (sound[0], sound[-1])
    edges = torch.linspace(0, sound.shape[1], WIDTH // 4 + 1).long()
    loudest = sound.square().mean().item()
    for i, (a, b) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        energies = [c[a : max(b, a + 1)].square().mean().item() for c in (left, right)]
        if sum(energies) > 1e-3 * loudest:
            _dot(draw, 4 * i, (energies[1] - energies[0]) / sum(energies), ABOVE)
    return row


def _dot(draw: ImageDraw.ImageDraw, x: float, pan: float, colour: tuple[int, int, int]) -> None:
    y = PAN // 2 + pan * (PAN // 2 - 2)
    draw.rectangle((x, y - 1, x + 3, y + 1), fill=colour)


def stacked(rows: Sequence[Image.Image], gap: int) -> Image.Image:
    """One below the other, `gap` pixels apart."""
    image = Image.new("RGB", (WIDTH, sum(row.height for row in rows) + gap * (len(rows) - 1)), PAPER)
    top = 0
    for row in rows:
        image.paste(row, (0, top))
        top += row.height + gap
    return image
