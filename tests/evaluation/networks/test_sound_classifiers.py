"""Segments hold what their labels say; the classifiers are trained once, on scenes that no model is measured
on, and again when a source changes that they depend on."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.analysis.bands import BANDS, HOPS_PER_SECOND
from kling_foley_core.evaluation.networks import classifier, sound_classifiers
from kling_foley_core.evaluation.networks.segments import BACKGROUND, BEFORE, FLOW, HIT, ROOM, segments
from kling_foley_core.foley_world import make_scene, render_sound, truth_of


@pytest.fixture(autouse=True)
def short(monkeypatch) -> None:
    monkeypatch.setattr(classifier, "STEPS", 60)
    monkeypatch.setattr(classifier, "FRAMES", 1500)


def anvil():
    scene = make_scene(3, "eval", 4.0, family="anvil")
    return scene, segments(torch.from_numpy(render_sound(scene)), 44100, truth_of(scene))


def test_a_hits_segment_begins_before_it() -> None:
    hits = [s for s in anvil()[1] if s.subject == HIT]
    assert len(hits) > 1 and {h.power.shape for h in hits} == {(BANDS, 92)}
    rises = [int(h.power.sum(0).diff().argmax()) / HOPS_PER_SECOND for h in hits]
    assert all(abs(rise - BEFORE) < 0.02 for rise in rises)


def test_classifiers_are_trained_once_and_read_again(tmp_path) -> None:
    made = sound_classifiers.trained_classifiers(tmp_path, 12)
    again = sound_classifiers.trained_classifiers(tmp_path, 12)
    assert len(list(tmp_path.glob("*.safetensors"))) == 1
    scene, found = anvil()
    assert made.labels(found) == again.labels(found) and all(made.labels(found))
    assert {s.subject for s in found} <= {HIT, FLOW, BACKGROUND, ROOM}
    assert all(s.caption_only == (scene.override is not None) for s in found if s.subject == HIT)


def test_every_source_that_the_classifiers_depend_on_is_in_their_key(monkeypatch) -> None:
    read = []
    monkeypatch.setattr(sound_classifiers, "fingerprint", lambda files: read.extend(f.name for f in files))
    sound_classifiers.key_of(12)
    assert {
        "sound_classifiers.py",
        "segments.py",
        "classifier.py",
        "augmentation.py",
        "bands.py",
        "isolation.py",
    } <= set(read)


def test_training_worlds_are_not_held_out_ones() -> None:
    first = sound_classifiers.FIRST_SCENE
    train = make_scene(first, "train", 4.0)
    assert train.split == "train" and make_scene(first, "eval", 4.0).caption != train.caption


def test_those_that_come_with_the_library_are_of_this_code(tmp_path) -> None:
    """If not: python -m kling_foley_core.evaluation.networks.sound_classifiers, ten minutes."""
    assert sound_classifiers.shipped_key() == sound_classifiers.key_of(sound_classifiers.SCENES)
    shipped = sound_classifiers.trained_classifiers(tmp_path)
    assert not list(tmp_path.iterdir())  # nothing was trained
    scene, found = anvil()
    heard = [label for s, label in zip(found, shipped.labels(found), strict=True) if s.label == label]
    assert len(heard) >= 0.8 * len(found)
