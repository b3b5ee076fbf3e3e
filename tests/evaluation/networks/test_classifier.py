"""The classifier tells apart what differs, the same way every time, clean or augmented."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.analysis.bands import BANDS, HOPS_PER_SECOND
from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks import classifier
from kling_foley_core.evaluation.networks.augmentation import augmented
from kling_foley_core.evaluation.networks.classifier import Classifier

PITCHES = {"low": 4, "middle": 11, "high": 19}  # bands


@pytest.fixture(autouse=True)
def short(monkeypatch) -> None:
    monkeypatch.setattr(classifier, "STEPS", 60)
    monkeypatch.setattr(classifier, "FRAMES", 1500)


def strokes(count: int, seed: int) -> tuple[torch.Tensor, list[str]]:
    """Power [N, BANDS, 60] of something struck at frame 12, in one of three bands, over noise."""
    draw = torch.Generator().manual_seed(seed)
    labels = list(PITCHES) * count
    power = 1e-4 * torch.rand(len(labels), BANDS, 60, generator=draw)
    fading = torch.exp(-torch.arange(48) / 12)
    for segment, label in zip(power, labels, strict=True):
        segment[PITCHES[label], 12:] += fading * 10 ** float(torch.rand((), generator=draw) - 1)
    return 1e5 * power, labels


def accuracy(network: Classifier, powers: torch.Tensor, labels: list[str]) -> float:
    return sum(network.classify(p) == n for p, n in zip(powers, labels, strict=True)) / len(labels)


def test_strokes_are_classified_augmented_or_not_and_seeds_repeat() -> None:
    one, two = (Classifier.fit(*strokes(30, 0), HOPS_PER_SECOND, relative=True) for _ in range(2))
    clean, labels = strokes(20, 1)
    changed = augmented(clean, HOPS_PER_SECOND, torch.Generator().manual_seed(2))
    assert accuracy(one, clean, labels) > 0.9 and accuracy(one, changed, labels) > 0.9
    assert all(
        torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True)
    )


def test_hits_are_classified_at_any_loudness() -> None:
    network = Classifier.fit(*strokes(30, 0), HOPS_PER_SECOND, relative=True)
    powers, _ = strokes(2, 1)
    assert torch.allclose(network(powers), network(1000 * powers), atol=0.05)


def test_every_segment_has_a_label() -> None:
    with pytest.raises(InputError, match="4 segments with 2 labels of 2 classes: give one label each"):
        Classifier.fit(torch.zeros(4, BANDS, 60), ["a", "b"], HOPS_PER_SECOND, relative=True)
    with pytest.raises(InputError, match="2 segments with 2 labels of 1 classes"):
        Classifier.fit(torch.zeros(2, BANDS, 60), ["a", "a"], HOPS_PER_SECOND, relative=True)


def test_augmentation_keeps_pitch_and_instant() -> None:
    """And changes the rest: no two are augmented alike, and levels move by some decibels."""
    clean, labels = strokes(20, 0)
    changed, again, other = (
        augmented(clean, HOPS_PER_SECOND, torch.Generator().manual_seed(s)) for s in (0, 0, 1)
    )
    assert torch.equal(changed, again) and not torch.allclose(changed, other)
    bands = torch.tensor([PITCHES[label] for label in labels])
    assert (changed.mean(-1).argmax(-1) - bands).abs().max() <= 1
    struck = changed[torch.arange(len(labels)), bands]
    assert ((struck.diff(dim=-1).argmax(-1) - 11).abs() <= 4).all()
    change = 10 * torch.log10(struck.sum(-1) / clean[torch.arange(len(labels)), bands].sum(-1))
    assert change.std() > 0.5 and change.abs().max() < 15
