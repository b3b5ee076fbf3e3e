"""A mix of sounds that lie on the disk, piece by piece, is the mix of the whole."""

from __future__ import annotations

import sys

import pytest
import torch

from kling_foley_core.files import on_disk
from kling_foley_core.mix import Ducking, MixSettings, mixed

RATE, OWN_RATE, SECONDS = 22050, 24000, 12
DUCKED = Ducking("speech", 12.0, 0.05, 0.3, 0.5)
CASES = {
    "replaced, louder": MixSettings("replace", 0.0, 0.0, -14.0, None, 1.5, 2.0),
    "mixed, ducked, to a loudness": MixSettings("mix", 3.0, -2.0, -16.0, DUCKED, 0.5, 3.0),
    "mixed, too loud": MixSettings("mix", 20.0, 10.0, None, None, 0.0, 0.0),
    "kept": MixSettings("keep", 0.0, 0.0, None, DUCKED, 0.0, 0.0),
}


def bursts(rate: int, channels: int, seed: int) -> torch.Tensor:
    """Noise that comes and goes once in 1.7 s."""
    count = SECONDS * rate
    noise = torch.rand(channels, count, generator=torch.Generator().manual_seed(seed)) - 0.5
    return noise * (torch.sin(torch.arange(count) * (6.283 / 1.7 / rate)) > 0)


@pytest.fixture
def everything_on_the_disk(monkeypatch):
    """Even the shortest sounds, read and written in pieces of 10 000 samples."""
    room_for, piecewise = on_disk.room_for, on_disk.piecewise

    def room(*shape, **how):
        return room_for(*shape, **how | {"held": 1})

    def pieces(function, *tensors):
        return piecewise(function, *tensors, length=10_000)

    monkeypatch.setattr(on_disk, "room_for", room)
    replaced = {"room_for": room, "piecewise": pieces, "PIECE": 10_000, "_CHUNK": 10_000}
    mix = ("mixing", "own_sound", "fades", "ducking", "limiter", "k_weighting", "true_peak")
    for module in (*(f"kling_foley_core.mix.{name}" for name in mix), "kling_foley_core.media.audio"):
        for name in vars(sys.modules[module]).keys() & replaced.keys():
            monkeypatch.setattr(sys.modules[module], name, replaced[name])


@pytest.mark.parametrize("case", CASES)
def test_pieces_are_the_whole(case, request) -> None:
    generated, own = (bursts(RATE, 1, 1), RATE), (bursts(OWN_RATE, 2, 2), OWN_RATE)
    settings = CASES[case]
    given = None if settings.own_sound == "replace" else own
    whole = mixed(generated, given, settings)
    request.getfixturevalue("everything_on_the_disk")
    made = mixed(generated, given, settings)
    assert made.rate == whole.rate and made.notes == whole.notes and made.stems.keys() == whole.stems.keys()
    assert made.stems["generated"].untyped_storage().data_ptr() in on_disk._maps
    torch.testing.assert_close(made.sound, whole.sound, atol=2e-6, rtol=0)
    for name, stem in whole.stems.items():
        torch.testing.assert_close(made.stems[name], stem, atol=2e-6, rtol=0)
    for name, level in vars(whole.levels).items():
        assert getattr(made.levels, name) == pytest.approx(level, abs=1e-3), name
