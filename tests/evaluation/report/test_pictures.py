"""The picture of a clip shows what it says."""

from __future__ import annotations

import torch

from kling_foley_core.evaluation.report.pictures import clip_picture, true_pans
from kling_foley_core.foley_world import make_scene, render_sound, truth_of
from kling_foley_core.preview import rows

RATE = 44100


def test_picture_has_true_and_detected_onsets_and_pans() -> None:
    scene = make_scene(0, "eval", 3.0, family="mixed")
    image = clip_picture(scene, torch.from_numpy(render_sound(scene)), RATE)
    colours = {colour for _, colour in image.getcolors(1 << 20)}
    assert {rows.ABOVE, rows.BELOW, rows.TRUE} <= colours
    assert all(0 <= t <= 3 and -1 <= pan <= 1 for t, pan in true_pans(truth_of(scene)))
