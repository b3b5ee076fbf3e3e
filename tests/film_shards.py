"""Raw shards of a few short scenes of Foley World, and tiny contrastive tasks: for tests of the encoders."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from training_tiny import optimisation

from kling_foley_core.codec.presets import MEL_44K
from kling_foley_core.data.shards import Header, Sample, write_header, write_shard
from kling_foley_core.data.shards.sample import FULL_SCALE
from kling_foley_core.foley_world import make_scene, render_frames, render_sound
from kling_foley_core.training.parts.contrastive_batches import SemanticTask, SyncTask

SIZE = 64
ARRAYS = ("sound", "seen", "visual_frames", "sync_frames")


SYNC = SyncTask(frames=16, width=16, dim=8, level_weight=40.0, optimisation=optimisation(1e-3))
SEMANTIC = SemanticTask(
    batch=3,
    every_steps=2,
    seconds=1.5,
    frame_step=4,
    words=50,
    width=16,
    dim=8,
    optimisation=optimisation(1e-3),
)


@lru_cache
def film_sample(number: int, split: str, seconds: float = 2.0) -> Sample:
    scene = make_scene(number, "train", seconds, ("bounce", "footsteps", "anvil")[number % 3])
    sound, seen = (render_sound(scene, MEL_44K.sampling_rate, dry=dry) for dry in (False, True))
    arrays = {
        "sound": (sound.clip(-1, 1) * FULL_SCALE).round().astype("<i2"),
        "seen": (seen.clip(-1, 1) * FULL_SCALE).round().astype("<i2"),
        "visual_frames": render_frames(scene, (SIZE, SIZE), 8).numpy(),
        "sync_frames": render_frames(scene, (SIZE, SIZE), 25).numpy(),
    }
    return Sample(
        f"scene {number}", scene.caption, seconds, 0.0, seconds, split, (), {"class": "world"}, arrays
    )


def film_shards(folder: Path, train: int = 4, held_out: int = 2) -> Path:
    write_header(folder, Header(ARRAYS, {}, True, MEL_44K.sampling_rate, MEL_44K.hop, "tests"))
    splits = ["train"] * train + ["held_out"] * held_out
    write_shard(folder, 0, (film_sample(i, split) for i, split in enumerate(splits)))
    return folder


def without(sample: Sample, *names: str, caption: str | None = None) -> Sample:
    arrays: dict[str, np.ndarray] = {n: a for n, a in sample.arrays.items() if n not in names}
    words = {**vars(sample), "arrays": arrays}
    return Sample(**(words if caption is None else {**words, "caption": caption}))
