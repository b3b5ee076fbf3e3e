"""The picture is what the truth says, at any size and rate; motion alone gives nothing away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from foley_scenes import bare_scene

from kling_foley_core.foley_world import make_scene, render_frames, render_sound, truth_of
from kling_foley_core.foley_world.curve import Curve, steady, time_grid
from kling_foley_core.foley_world.scene import Actor, Camera, Look

PIXELS = 96


def centroids(scene, actor: Actor, fps: int) -> np.ndarray:
    """Where the actor changes the picture, in -1..1, y up: [T, 2]."""
    with_it, without = (
        render_frames(replace(scene, actors=a), (PIXELS, PIXELS), fps).float() for a in ((actor,), ())
    )
    weight = (with_it - without).abs().sum(1)
    at = (torch.arange(PIXELS) + 0.5) / PIXELS * 2 - 1
    total = weight.sum((1, 2))
    return torch.stack(
        [(weight * at).sum((1, 2)) / total, -(weight * at[:, None]).sum((1, 2)) / total], 1
    ).numpy()


def test_the_ball_is_where_the_truth_says() -> None:
    grid = time_grid(2.0)
    x, height = Curve(0.6 * np.sin(3 * grid)), Curve(0.9 + 0.4 * np.cos(2 * grid))
    ball = Actor(Look("ball", "flat", (255, 255, 255), 1), 0.12, 0.12, x, height, 1.2, Curve(3 * grid))
    camera = Camera(Curve(0.1 * np.sin(5 * grid)), steady(0.02), Curve(1 + 0.1 * np.sin(grid)))
    scene = replace(
        bare_scene(), camera=camera, stage=replace(bare_scene().stage, pattern="plain", wall=(40, 40, 40))
    )
    times = np.arange(20) / 10
    said = np.stack(camera.project(x.at(times), height.at(times), 1.2, times), 1)
    assert np.abs(centroids(scene, ball, 10) - said).max() < 0.6 * 2 / PIXELS


def test_any_rate_and_start_shows_the_same_world() -> None:
    for family in ("mixed", "rain", "breaking", "footsteps"):
        scene = make_scene(3, family=family, seconds=4.0)
        slow, fast = (render_frames(scene, (64, 64), fps).int() for fps in (8, 25))
        assert len(slow) == 32 and len(fast) == 100
        assert (slow[::8] - fast[::25]).abs().max() <= 1
        part = render_frames(scene, (64, 64), 25, start=2.0, seconds=1.0).int()
        assert (part - fast[50:75]).abs().max() <= 1


def test_a_wide_picture_has_the_square_one_in_its_middle() -> None:
    scene = make_scene(8, family="drum", seconds=2.0)
    scene = replace(scene, light=replace(scene.light, noise=0.0))
    square, wide = render_frames(scene, (72, 72), 5).int(), render_frames(scene, (128, 72), 5).int()
    assert wide.shape == (10, 3, 72, 128)
    assert (wide[..., 28:100] - square).abs().float().mean() < 0.5


def test_larger_pictures_show_the_same() -> None:
    scene = make_scene(9, family="wheel", seconds=2.0)
    scene = replace(scene, light=replace(scene.light, noise=0.0))
    small, large = render_frames(scene, (64, 64), 2).float(), render_frames(scene, (192, 192), 2).float()
    assert (torch.nn.functional.avg_pool2d(large, 3) - small).abs().mean() < 6


def test_what_only_looks_makes_no_sound() -> None:
    for seed in range(6):
        scene = replace(make_scene(seed, family="stillness", seconds=3.0), ambience=None)
        frames = render_frames(scene, (64, 64)).float()
        assert (frames[1:] - frames[:-1]).abs().mean() > 0.3 and len(scene.distractors) >= 2
        assert not render_sound(scene).any()


def f1(found: list[float], true: list[float], within: float = 0.05) -> tuple[int, int, int]:
    """Matched, found too many, missed."""
    left, matched = list(true), 0
    for time in found:
        near = min(left, key=lambda t: abs(t - time), default=None)
        if near is not None and abs(near - time) <= within:
            left.remove(near)
            matched += 1
    return matched, len(found) - matched, len(left)


def test_frame_differences_do_not_tell_the_onsets() -> None:
    """The trivial guess: a hit where the picture changes most. It stays far from the truth."""
    counts = np.zeros(3)
    for seed in range(40):
        scene = make_scene(seed, "eval", seconds=4.0)
        frames = render_frames(scene, (48, 48)).float()
        change = (frames[1:] - frames[:-1]).abs().mean((1, 2, 3)).numpy()
        peak = (change[1:-1] > change[:-2]) & (change[1:-1] >= change[2:])
        peak &= change[1:-1] > change.mean() + 0.5 * change.std()
        guesses = ((np.flatnonzero(peak) + 1.5) / 25).tolist()
        counts += f1(guesses, [e.time for e in truth_of(scene).events])
    score = 2 * counts[0] / (2 * counts[0] + counts[1] + counts[2])
    assert counts[0] + counts[2] > 100
    assert score < 0.35
