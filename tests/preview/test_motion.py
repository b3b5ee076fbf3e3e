"""Sudden movements in films whose physics is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from kling_foley_core.errors import InputError
from kling_foley_core.preview.motion import CHUNK, movement

FPS, SIZE = 25, 72
NEAR = 1 / FPS  # a frame


def film(heights: np.ndarray, size: int = 14, noise: float = 0.0, seed: int = 0) -> Tensor:
    """A bright square with its lower edge at these heights (pixels over the floor), uint8 [T, 3, 72, 72].

    Its edges are drawn to a fraction of a pixel, as a camera sees them.
    """
    rows = np.arange(SIZE)[None, :]
    bottom = SIZE - 8 - heights[:, None]
    cover = np.clip(bottom - rows, 0, 1) - np.clip(bottom - size - rows, 0, 1)
    frames = np.full((len(heights), SIZE, SIZE), 60.0)
    frames[:, :, 28 : 28 + size] += 150 * cover[:, :, None]
    frames += np.random.default_rng(seed).normal(0, noise, frames.shape) if noise else 0
    grey = torch.from_numpy(frames.round().clip(0, 255).astype(np.uint8))
    return grey[:, None].expand(-1, 3, -1, -1).contiguous()


def bouncing(seconds: float, fps: float = FPS) -> tuple[np.ndarray, list[float]]:
    """Heights of a ball let fall from 40 pixels (gravity 160 pixels/s^2), and when it strikes the floor."""
    gravity, speed, start = 160.0, 0.0, -np.sqrt(2 * 40 / 160)
    impacts, begins = [], [(start, np.sqrt(2 * 40 * gravity))]  # as if thrown up before the film began
    while begins[-1][0] + 2 * begins[-1][1] / gravity < seconds:
        time, speed = begins[-1]
        impacts.append(time + 2 * speed / gravity)
        begins.append((impacts[-1], 0.8 * speed))
    times = np.arange(int(seconds * fps)) / fps
    index = np.searchsorted([b[0] for b in begins], times, side="right") - 1
    since, speed = times - np.array(begins)[index, 0], np.array(begins)[index, 1]
    return speed * since - gravity / 2 * since**2, impacts


@pytest.mark.parametrize("noise", [0.0, 3.0])
@pytest.mark.parametrize("size", [6, 14, 20])
@pytest.mark.parametrize("fps", [24, 25, 60])
def test_a_bouncing_square_is_seen_to_strike_the_floor_when_it_does(
    fps: int, size: int, noise: float
) -> None:
    heights, true = bouncing(3.0, fps)
    seen = movement(film(heights, size, noise), fps).impacts
    assert len(seen) == len(true) == 3
    assert max(abs(a - b) for a, b in zip(seen, true, strict=True)) < 1 / fps


def test_a_stop_and_a_start_are_seen_and_steady_movement_is_not() -> None:
    times = np.arange(75) / FPS
    heights = 20 * np.clip(times, 0, 1.0) + 20 * np.clip(times - 2.0, 0, 1)  # still from 1 s to 2 s
    first, second = movement(film(heights), FPS).impacts
    assert abs(first - 1.0) < NEAR and abs(second - 2.0) < NEAR


def test_a_still_film_has_neither_movement_nor_impact() -> None:
    still = movement(film(np.full(60, 10.0)), FPS)
    assert still.impacts == () and torch.equal(still.curve, torch.zeros(60))


@pytest.mark.parametrize("noise", [1.0, 4.0, 12.0])
def test_a_cameras_noise_is_no_movement(noise: float) -> None:
    noisy = movement(film(np.full(100, 10.0), noise=noise), FPS)
    moving = movement(film(bouncing(4.0)[0], noise=noise), FPS)
    assert noisy.impacts == ()
    assert noisy.curve.max() < 0.1 < moving.curve.max()


def test_the_curve_follows_speed() -> None:
    slow, fast = (movement(film(v * np.arange(50) / FPS), FPS).curve[5:45].mean() for v in (8.0, 16.0))
    assert 1.7 < float(fast / slow) < 2.5


def test_a_cut_is_no_impact() -> None:
    before, after = film(np.linspace(0, 30, 40)), 255 - film(np.linspace(30, 0, 40))
    cut = movement(torch.cat([before, after]), FPS)
    assert cut.impacts == ()
    assert cut.curve[40] < 2 * cut.curve[10]


def test_a_frame_shown_twice_is_no_stop() -> None:
    """24 frames a second in 25 slots: each second has one such."""
    frames = film(np.linspace(0, 40, 60))
    again = torch.cat([frames[:30], frames[29:30], frames[30:]])
    seen = movement(again, FPS)
    assert seen.impacts == () and len(seen.curve) == 61
    assert seen.curve[5:].min() > 0.5 * seen.curve[5:].max()


def test_pieces_of_a_long_film_are_joined_without_a_seam() -> None:
    heights, true = bouncing(2.0)
    still = np.full(CHUNK + 5, heights[0])
    shift = len(still) / FPS
    frames = film(np.concatenate([still, heights]))
    seen = [t for t in movement(frames, FPS).impacts if t > shift + 0.2]
    assert max(abs(a - shift - b) for a, b in zip(seen, true, strict=True)) < NEAR
    for count in (CHUNK, CHUNK + 1, CHUNK + 2):  # wherever the last piece ends
        assert torch.equal(movement(frames[:count], FPS).curve, movement(frames, FPS).curve[:count])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_shortest_films_and_smallest_pictures(count: int) -> None:
    tiny = movement(torch.zeros(count, 3, 2, 1, dtype=torch.uint8), FPS)
    assert tiny.impacts == () and tiny.curve.tolist() == [0.0] * count


def test_other_frames_are_refused() -> None:
    with pytest.raises(InputError, match="uint8"):
        movement(torch.zeros(4, 3, 8, 8), FPS)
