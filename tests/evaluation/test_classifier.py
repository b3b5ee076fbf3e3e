"""The classifier tells apart what differs, the same way every time; descriptors say what they should."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation import classifier, listener
from kling_foley_core.evaluation.bands import BANDS, band_power
from kling_foley_core.evaluation.classifier import Classifier
from kling_foley_core.evaluation.descriptors import RANGE_DB, SLICES, hit_descriptor
from kling_foley_core.evaluation.examples import BACKGROUND, FLOW, HIT, ROOM, examples
from kling_foley_core.foley_world import make_scene, render_sound


@pytest.fixture(autouse=True)
def short(monkeypatch) -> None:
    monkeypatch.setattr(classifier, "STEPS", 80)


def clouds(count: int, seed: int) -> tuple[torch.Tensor, list[str]]:
    draw = torch.Generator().manual_seed(seed)
    names = ["low", "middle", "high"] * count
    centres = torch.tensor([[-3.0, 0.0], [0.0, 3.0], [3.0, 0.0]]).repeat(count, 1)
    return centres + torch.randn(len(names), 2, generator=draw), names


def test_clouds_are_told_apart_and_seeds_repeat() -> None:
    examples, names = clouds(60, 0)
    fresh, true = clouds(60, 1)
    one, two = (Classifier.fit(examples, names) for _ in range(2))
    right = sum(a == b for a, b in zip(one.name(fresh), true, strict=True)) / len(true)
    assert right > 0.9
    assert all(torch.equal(one.state()[k], two.state()[k]) for k in one.state())


def test_names_must_fit() -> None:
    with pytest.raises(InputError, match="one name each"):
        Classifier.fit(torch.zeros(4, 2), ["a", "b"])


def test_hit_descriptor_shows_pitch_and_decay() -> None:
    rate = 44100
    time = torch.arange(rate) / rate
    sound = torch.zeros(1, 2 * rate)
    sound[0, rate:] = 0.3 * torch.sin(2 * torch.pi * 1000 * time) * torch.exp(-time / 0.1)
    described = hit_descriptor(band_power(sound, rate), 1.0).unflatten(0, (len(SLICES) + 1, BANDS))
    loudest = described[1].argmax()
    edges = torch.logspace(torch.log10(torch.tensor(60.0)), torch.log10(torch.tensor(18000.0)), BANDS + 1)
    assert edges[loudest] <= 1000 < edges[loudest + 1]
    assert (described[1:5, loudest].diff() < -2).all()  # it fades, 87 dB a second
    assert (described[-1] < -RANGE_DB + 1).all()  # nothing before


def test_listener_hears_from_examples_and_survives_its_file(tmp_path) -> None:
    made = listener.trained_listener(tmp_path, 12)
    again = listener.trained_listener(tmp_path, 12)
    assert len(list(tmp_path.iterdir())) == 1
    scene = make_scene(3, "eval", 4.0, family="anvil")
    found = examples(torch.from_numpy(render_sound(scene)), 44100, scene.truth)
    assert made.names(found) == again.names(found) and all(made.names(found))
    assert {e.subject for e in found} <= {HIT, FLOW, BACKGROUND, ROOM}
    assert all(e.told == (scene.override is not None) for e in found if e.subject == HIT)


def test_training_worlds_are_not_held_out_ones() -> None:
    train = make_scene(listener.FIRST_SCENE, "train", 4.0)
    assert train.split == "train" and make_scene(listener.FIRST_SCENE, "eval", 4.0).caption != train.caption
