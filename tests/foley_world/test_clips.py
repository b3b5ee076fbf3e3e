"""Clips on disk: film, truth, caption and picture that belong together."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kling_foley_core.errors import InputError
from kling_foley_core.foley_world import (
    make_scene,
    render_sound,
    truth_dict,
    write_clip,
)
from kling_foley_core.media import load_audio, probe


def test_a_lossless_clip_holds_what_was_rendered(tmp_path: Path) -> None:
    scene = make_scene(1, family="drum", seconds=2.0)
    film = write_clip(scene, tmp_path / "new", (32, 48), 10, lossless=True)
    info = probe(film)
    assert (info.width, info.height, info.frame_rate) == (32, 48, 10) and abs(info.duration - 2) < 0.05
    wave, rate = load_audio(film)
    assert rate == 44100 and np.abs(wave.numpy() - render_sound(scene)).max() < 1 / 32768
    assert json.loads(film.with_suffix(".json").read_text()) == json.loads(json.dumps(truth_dict(scene)))
    assert film.with_suffix(".txt").read_text() == scene.caption + "\n"
    assert film.with_suffix(".png").stat().st_size > 1000


def test_bad_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="size is 33x32"):
        write_clip(make_scene(0, seconds=2.0), tmp_path, (33, 32))
