"""Planned bytes of a sample against shards that are written."""

from __future__ import annotations

import numpy as np
import pytest

from kling_foley_core.data.shards import Sample, write_shard
from kling_foley_core.presets import PRESETS
from kling_foley_core.training.scale.storage import array_shapes, sample_bytes

COUNT = 32
CAPTION = (
    "A blacksmith strikes glowing iron on an anvil in a workshop, sparks fly, a fire crackles behind him"
)


@pytest.mark.parametrize(
    ("name", "seconds"), [("small", 4.0), ("kling_foley_3b", 2.0), ("mmaudio_small_16k", 8.0)]
)
def test_planned_samples_are_as_large_as_written_ones(tmp_path, name, seconds) -> None:
    arrays = {k: np.zeros(s, np.float16) for k, s in array_shapes(PRESETS[name], seconds).items()}
    samples = [
        Sample(f"clip-{i:08d}", CAPTION, seconds, 0.0, seconds, "train", (), {}, arrays) for i in range(COUNT)
    ]
    path = write_shard(tmp_path, 0, samples)
    written = path.stat().st_size + path.with_suffix(".json").stat().st_size
    assert sample_bytes(PRESETS[name], seconds) == pytest.approx(written / COUNT, rel=0.02)


def test_lengths_are_those_of_the_encoders() -> None:
    assert array_shapes(PRESETS["kling_foley_1.5b"], 10.0) == {
        "latent": (2, 431, 40),
        "visual": (80, 1280),
        "sync": (240, 768),
        "text": (77, 768),
    }
    assert array_shapes(PRESETS["small"], 10.0)["sync"] == (250, 128)  # a vector for every frame
