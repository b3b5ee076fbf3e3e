"""What is measured of a clip: true sound scores as it must, another clip's does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks import classifier
from kling_foley_core.evaluation.networks.segments import BACKGROUND, NOTHING
from kling_foley_core.evaluation.networks.sound_classifiers import SoundClassifiers, fitted
from kling_foley_core.evaluation.runners.scores import Classified, counts, score_clip, summarise
from kling_foley_core.foley_world import make_scene, render_sound, truth_of

RATE = 44100


@pytest.fixture(scope="module")
def classifiers() -> SoundClassifiers:
    with pytest.MonkeyPatch.context() as short:
        short.setattr(classifier, "STEPS", 40)
        short.setattr(classifier, "FRAMES", 1200)
        return fitted(12)


def test_true_sound_scores_and_another_clips_does_not(classifiers) -> None:
    scenes = [
        make_scene(i, "eval", 5.0, family=f) for i, f in enumerate(("anvil", "bounce", "drops", "roll"))
    ]
    sounds = [torch.from_numpy(render_sound(scene)) for scene in scenes]

    def scored(measured):
        clips = zip(measured, scenes, sounds, strict=True)
        return [score_clip(m, RATE, truth_of(s), true, classifiers) for m, s, true in clips]

    own, other = summarise(scored(sounds)), summarise(scored([*sounds[1:], sounds[0]]))
    assert own["f1"] > 0.9 > 0.4 > other["f1"]
    assert own["pan_r"] > 0.9 and abs(other["pan_r"]) < 0.5
    assert own["loudness_hits_r"] > 0.8 > other["loudness_hits_r"]
    assert counts(scored(sounds))["events"] > 15


def test_an_ambience_where_there_is_none_is_counted(classifiers) -> None:
    scene = make_scene(1, "eval", 3.0, family="anvil")
    sound = torch.from_numpy(render_sound(scene))
    pairs = [("rain", "rain"), (NOTHING, "rain"), (NOTHING, NOTHING), (NOTHING, NOTHING)]
    judged = tuple(Classified(BACKGROUND, true, heard) for true, heard in pairs)
    one = score_clip(sound, RATE, truth_of(scene), sound, classifiers)
    found = summarise([replace(one, classified=judged[:3]), replace(one, classified=judged[3:])])
    assert found["ambience"] == 1 == found["text"] and found["room"] is None
    assert found["false_ambience"] == pytest.approx(1 / 3)


def test_mono_sound_can_be_measured(classifiers) -> None:
    scene = make_scene(1, "eval", 3.0, family="anvil")
    sound = torch.from_numpy(render_sound(scene))
    score = score_clip(sound.mean(0, keepdim=True), RATE, truth_of(scene), sound, classifiers)
    assert all(abs(pan) < 1e-6 for _, pan in score.pans.hits)
    with pytest.raises(InputError, match="channels"):
        score_clip(torch.zeros(3, RATE), RATE, truth_of(scene), sound, classifiers)
