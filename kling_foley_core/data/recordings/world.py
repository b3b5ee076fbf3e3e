"""Foley World's sounds as clips: `train` scenes to learn from, `eval` scenes held out by construction."""

from __future__ import annotations

from collections.abc import Iterator

from ...foley_world import make_scene, render_sound
from .clip import HELD_OUT, RATE, TRAIN, Clip, one_channel

SPLITS = {TRAIN: "train", HELD_OUT: "eval"}


def world_clips(split: str, count: int, seconds: float) -> Iterator[Clip]:
    """Scenes 0 .. count - 1 of a split; all families, as often as the world draws them."""
    for seed in range(count):
        scene = make_scene(seed, SPLITS[split], seconds)
        name = f"world/{SPLITS[split]}/{seed}/{scene.family}"
        yield Clip(name, "world", split, one_channel(name, render_sound(scene, RATE)))
