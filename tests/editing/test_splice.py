"""Old and new joined: bit-equal outside of the crossfade, no dip and no rise within it."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from mix_tones import noise, sine

from kling_foley_core.editing import spliced

RATE = 48000
FADE = round(0.03 * RATE)
SPAN = ((Fraction(1), Fraction(2)),)


def power(wave: torch.Tensor, begin: int, end: int) -> float:
    return float(wave[:, begin:end].square().mean())


def test_the_kept_is_kept_to_the_sample_and_the_new_is_the_new() -> None:
    kept, made = noise(3, seed=1), noise(3, seed=2)
    out = spliced(kept, RATE, made, RATE, SPAN)
    assert torch.equal(out[:, : RATE - FADE], kept[:, : RATE - FADE])
    assert torch.equal(out[:, RATE : 2 * RATE], made[:, RATE : 2 * RATE])
    assert torch.equal(out[:, 2 * RATE + FADE :], kept[:, 2 * RATE + FADE :])
    for begin in (RATE - FADE, 2 * RATE):
        faded = out[:, begin : begin + FADE]
        assert (faded != kept[:, begin : begin + FADE]).float().mean() > 0.9
    assert torch.equal(kept, noise(3, seed=1)), "the caller's stays as it was"


@pytest.mark.parametrize("other", ["uncorrelated", "the same", "upside down"])
def test_the_level_stays_over_the_seam(other) -> None:
    kept = noise(3, level=0.1, seed=1)
    made = {"uncorrelated": noise(3, level=0.1, seed=2), "the same": kept, "upside down": -kept}[other]
    out = spliced(kept, RATE, made, RATE, SPAN)
    if other == "the same":
        assert torch.allclose(out, kept, atol=1e-6)
    middle = slice(RATE - 2 * FADE // 3, RATE - FADE // 3)
    step = power(out, middle.start, middle.stop) / power(kept, middle.start, middle.stop)
    assert step < 1.15 and (other == "upside down" or step > 0.85), "equal gain would give 0.55, or 2 here"


def test_new_sound_is_brought_to_the_olds_rate_and_channels() -> None:
    kept = torch.zeros(2, 3 * RATE)
    made = sine(-6, 3, 44100, 440, channels=1)
    out = spliced(kept, RATE, made, 44100, SPAN)
    assert out.shape == (2, 3 * RATE) and torch.equal(out[0], out[1])
    expected = sine(-6, 3, RATE, 440, channels=1)
    assert (out[:1, RATE : 2 * RATE] - expected[:, RATE : 2 * RATE]).abs().max() < 1e-3
    mono = spliced(torch.zeros(1, 3 * RATE), RATE, noise(3, 44100), 44100, SPAN)
    assert mono.shape == (1, 3 * RATE)


def test_behind_the_end_all_is_new() -> None:
    kept, made = noise(1, seed=1), noise(3, seed=2)
    out = spliced(kept, RATE, made, RATE, ((Fraction(1), Fraction(5, 2)),))
    assert out.shape == (2, 5 * RATE // 2)
    assert torch.equal(out[:, : RATE - FADE], kept[:, : RATE - FADE])
    assert torch.equal(out[:, RATE:], made[:, RATE : 5 * RATE // 2])


def test_at_the_ends_of_the_sound_and_between_near_parts_fades_are_as_short_as_they_must_be() -> None:
    kept, made = noise(1, seed=1), noise(1, seed=2)
    out = spliced(kept, RATE, made, RATE, ((Fraction(0), Fraction(1, 2)), (Fraction(51, 100), Fraction(1))))
    assert torch.equal(out[:, : RATE // 2], made[:, : RATE // 2])
    gap = slice(RATE // 2, RATE * 51 // 100)
    assert not torch.equal(out[:, gap], kept[:, gap])
    assert torch.equal(out[:, gap.stop :], made[:, gap.stop :])
    touching = spliced(kept, RATE, made, RATE, ((Fraction(0), Fraction(1, 2)), (Fraction(1, 2), Fraction(1))))
    assert torch.equal(touching, made)
    short = spliced(kept, RATE, made, RATE, ((Fraction(1, 2), Fraction(1, 2) + Fraction(1, RATE)),))
    assert torch.equal(short[:, RATE // 2], made[:, RATE // 2])
    assert torch.equal(short[:, RATE // 2 + 1 + FADE :], kept[:, RATE // 2 + 1 + FADE :])
