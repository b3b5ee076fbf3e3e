"""Sounds of samples: mono by name, classes by what the samples say."""

from __future__ import annotations

import numpy as np
from sound_shards import sound_shards

from kling_foley_core.data.shards.sounds import mono_sound, of_classes, one_channel
from kling_foley_core.data.splits import TRAIN


def test_mono_is_a_mix_or_one_channel_by_name() -> None:
    stereo = np.stack([np.ones(4), np.zeros(4)]).astype(np.float32)
    levels = {float(one_channel(f"n{i}", stereo)[0]) for i in range(40)}
    assert levels == {0.0, 0.5, 1.0}


def test_samples_are_sorted_by_their_class(tmp_path) -> None:
    shards = sound_shards(tmp_path, TRAIN)
    assert of_classes(shards) == {"world": [0, 1, 2], "music": [3]}
    assert mono_sound(shards, 0).shape == (round(2.5 * 44100),)
