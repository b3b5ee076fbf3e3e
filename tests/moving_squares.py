"""Frames of squares whose places are known, uint8 [T, 3, 96, 96], and clicks at known times."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

FPS, SIDE = 25, 96
RATE = 16000

Place = Callable[[float], tuple[float, float]]  # seconds -> x, y in -1..1


def squares(
    seconds: float,
    *places: Place,
    half: int = 7,
    camera: Callable[[float], float] = lambda t: 0.0,
    fps: float = FPS,
    size: tuple[int, int] = (SIDE, SIDE),
) -> Tensor:
    """Bright squares before a textured wall; `camera`: how far everything is shifted to the right, in x.
    A frame holds at `fps`, sampled 25 times a second."""
    height, width = size
    wall = torch.rand(3, height, 3 * width, generator=torch.Generator().manual_seed(0))
    wall = torch.nn.functional.avg_pool2d(wall, 9, 1, 4) * 120 + 40
    frames = []
    for k in range(round(seconds * FPS)):
        time = int(k / FPS * fps) / fps
        shift = camera(time)
        first = width - shift * width / 2
        whole, part = int(first), first % 1  # between two pixels, as a real camera's are
        frame = torch.lerp(wall[..., whole : whole + width], wall[..., whole + 1 : whole + 1 + width], part)
        for place in places:
            x, y = place(time)
            column, row = (round((v + 1) / 2 * n) for v, n in ((x + shift, width), (y, height)))
            frame[:, max(0, row - half) : row + half, max(0, column - half) : max(0, column + half)] = 230
        frames.append(frame)
    return torch.stack(frames).round().to(torch.uint8)


def clicks(seconds: float, times: list[float], rate: int = RATE) -> Tensor:
    """Short decaying noise [N] at each time over a faint hiss."""
    drawn = torch.Generator().manual_seed(0)
    sound = 1e-4 * torch.randn(round(seconds * rate), generator=drawn)
    length = round(0.12 * rate)
    click = 0.3 * torch.randn(length, generator=drawn) * torch.exp(-torch.arange(length) / (0.02 * rate))
    for time in times:
        begin = round(time * rate)
        sound[begin : begin + length] += click[: len(sound) - begin]
    return sound


def bouncing(period: float, places: list[float], floor: float = 0.6) -> Place:
    """Falls and rises, on the floor at every whole period, at `places` one after another."""

    def place(time: float) -> tuple[float, float]:
        number = round(time / period)
        away = abs(time / period - number) * 2  # 0 on the floor, 1 on top
        return places[number % len(places)], floor - 0.9 * (1 - (1 - away) ** 2)

    return place
