"""The classifier tells apart what differs, the same way every time, worn or clean; pieces hold what they
should."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.measures.bands import BANDS, HOPS_PER_SECOND
from kling_foley_core.evaluation.networks import classifier
from kling_foley_core.evaluation.networks import sound_classifiers as listener
from kling_foley_core.evaluation.networks.augmentation import worn
from kling_foley_core.evaluation.networks.classifier import Classifier
from kling_foley_core.evaluation.networks.segments import BACKGROUND, BEFORE, FLOW, HIT, ROOM, examples
from kling_foley_core.foley_world import make_scene, render_sound, truth_of

PITCHES = {"low": 4, "middle": 11, "high": 19}  # bands


@pytest.fixture(autouse=True)
def short(monkeypatch) -> None:
    monkeypatch.setattr(classifier, "STEPS", 60)
    monkeypatch.setattr(classifier, "FRAMES", 1500)


def strokes(count: int, seed: int) -> tuple[torch.Tensor, list[str]]:
    """Power [N, BANDS, 60] of something struck at frame 12, in one of three bands, over noise."""
    draw = torch.Generator().manual_seed(seed)
    names = list(PITCHES) * count
    power = 1e-4 * torch.rand(len(names), BANDS, 60, generator=draw)
    fading = torch.exp(-torch.arange(48) / 12)
    for piece, name in zip(power, names, strict=True):
        piece[PITCHES[name], 12:] += fading * 10 ** float(torch.rand((), generator=draw) - 1)
    return 1e5 * power, names


def right(judge: Classifier, pieces: torch.Tensor, names: list[str]) -> float:
    return sum(judge.name(p) == n for p, n in zip(pieces, names, strict=True)) / len(names)


def test_strokes_are_told_apart_worn_or_not_and_seeds_repeat() -> None:
    one, two = (Classifier.fit(*strokes(30, 0), HOPS_PER_SECOND, relative=True) for _ in range(2))
    fresh, names = strokes(20, 1)
    old = worn(fresh, HOPS_PER_SECOND, torch.Generator().manual_seed(2))
    assert right(one, fresh, names) > 0.9 and right(one, old, names) > 0.9
    assert all(
        torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True)
    )


def test_hits_are_named_at_any_loudness() -> None:
    judge = Classifier.fit(*strokes(30, 0), HOPS_PER_SECOND, relative=True)
    pieces, _ = strokes(2, 1)
    assert torch.allclose(judge(pieces), judge(1000 * pieces), atol=0.05)


def test_names_must_fit() -> None:
    with pytest.raises(InputError, match="one name each"):
        Classifier.fit(torch.zeros(4, BANDS, 60), ["a", "b"], HOPS_PER_SECOND, relative=True)


def test_wear_keeps_pitch_and_instant() -> None:
    """And takes the rest: no two are worn alike, and levels move by some decibels."""
    fresh, names = strokes(20, 0)
    old, again, other = (worn(fresh, HOPS_PER_SECOND, torch.Generator().manual_seed(s)) for s in (0, 0, 1))
    assert torch.equal(old, again) and not torch.allclose(old, other)
    bands = torch.tensor([PITCHES[name] for name in names])
    assert (old.mean(-1).argmax(-1) - bands).abs().max() <= 1
    rows = old[torch.arange(len(names)), bands]
    assert ((rows.diff(dim=-1).argmax(-1) - 11).abs() <= 4).all()
    change = 10 * torch.log10(rows.sum(-1) / fresh[torch.arange(len(names)), bands].sum(-1))
    assert change.std() > 0.5 and change.abs().max() < 15


def test_a_hits_piece_begins_before_it() -> None:
    scene = make_scene(3, "eval", 4.0, family="anvil")
    hits = [
        e for e in examples(torch.from_numpy(render_sound(scene)), 44100, truth_of(scene)) if e.subject == HIT
    ]
    assert len(hits) > 1 and {h.piece.shape for h in hits} == {(BANDS, 92)}
    rises = [int(h.piece.sum(0).diff().argmax()) / HOPS_PER_SECOND for h in hits]
    assert all(abs(rise - BEFORE) < 0.02 for rise in rises)


def test_listener_hears_from_examples_and_survives_its_file(tmp_path) -> None:
    made = listener.trained_listener(tmp_path, 12)
    again = listener.trained_listener(tmp_path, 12)
    assert len(list(tmp_path.glob("*.safetensors"))) == 1
    scene = make_scene(3, "eval", 4.0, family="anvil")
    found = examples(torch.from_numpy(render_sound(scene)), 44100, truth_of(scene))
    assert made.names(found) == again.names(found) and all(made.names(found))
    assert {e.subject for e in found} <= {HIT, FLOW, BACKGROUND, ROOM}
    assert all(e.told == (scene.override is not None) for e in found if e.subject == HIT)


def test_every_file_that_the_listener_hangs_on_is_in_its_name(monkeypatch) -> None:
    read = []
    monkeypatch.setattr(listener, "fingerprint", lambda files: read.extend(f.name for f in files))
    listener._mark(12)
    assert {
        "sound_classifiers.py",
        "segments.py",
        "classifier.py",
        "augmentation.py",
        "bands.py",
        "isolation.py",
    } <= set(read)


def test_training_worlds_are_not_held_out_ones() -> None:
    train = make_scene(listener.FIRST_SCENE, "train", 4.0)
    assert train.split == "train" and make_scene(listener.FIRST_SCENE, "eval", 4.0).caption != train.caption
