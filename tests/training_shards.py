"""Shards of tiny arrays whose truth is known, and a setting for the tests of the generator's training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from training_tiny import DIM, FLOW

from kling_foley_core.data.shards import Header, Sample, Shards, write_header, write_shard
from kling_foley_core.presets import SMALL, Preset
from kling_foley_core.progress import silent
from kling_foley_core.timing import latent_frames
from kling_foley_core.training.loop.processes import new_accelerator
from kling_foley_core.training.setting import Setting

TINY: Preset = replace(SMALL, name="tiny", generator=FLOW)
HEADER = Header(("latent", "visual", "sync", "text"), {"vae": "abc", "t5": "def"}, True, 44100, 512, "test")
EACH = 4  # samples in a shard


def sample(number: int, seconds: float, split: str, without: tuple[str, ...] = ()) -> Sample:
    """Sync vectors and visual tokens hold their own time in seconds, the latent's channels are waves of it,
    and the text tells the number. Labels: the number's name all along, and "first" in the first half."""
    latents = latent_frames(seconds, 44100, 512)
    time = (np.arange(latents) + 0.5) * 1024 / 44100
    wave = np.stack([np.sin(time * (k + 1)) for k in range(FLOW.latent_dim)], axis=-1)
    arrays = {
        "latent": np.stack([wave, np.full_like(wave, 0.1)]),
        "sync": np.repeat(np.arange(round(25 * seconds))[:, None] / 25, DIM, axis=1),
        "visual": np.repeat(np.arange(int(8 * seconds))[:, None] / 8, DIM, axis=1),
        "text": np.full((3, DIM), number % 4 + 1.0),
    }
    labels = ((f"number {number % 4}", 0.0, seconds), ("first", 0.0, seconds / 2))
    kept = {name: a.astype("<f2") for name, a in arrays.items() if name not in without}
    return Sample(f"clip{number}", f"clip {number}", seconds, 0.0, seconds, split, labels, {}, kept)


def make_shards(
    folder: Path,
    train: int = 8,
    held_out: int = 4,
    seconds: tuple[float, ...] = (4.0, 6.0),
    networks: dict[str, str] = HEADER.networks,
    **changes: object,
) -> Path:
    """`changes`: of each sample, such as labels=()."""
    write_header(folder, replace(HEADER, networks=networks))
    splits = ["train"] * train + ["held_out"] * held_out
    samples = [sample(i, seconds[i % len(seconds)], split) for i, split in enumerate(splits)]
    for first in range(0, len(samples), EACH):
        write_shard(folder, first // EACH, [replace(s, **changes) for s in samples[first : first + EACH]])
    return folder


def tiny_shards(folder: Path, split: str = "train", **arguments: object) -> Shards:
    return Shards(make_shards(folder, **arguments), split)


def setting(folder: Path, **changes: object) -> Setting:
    """Of one process, whose run lies in `folder`."""
    base = Setting(TINY, (), folder / "out", new_accelerator(cpu=True), {}, {}, silent)
    return replace(base, **changes)
