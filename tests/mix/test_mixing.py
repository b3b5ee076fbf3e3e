"""Both sounds as one: what is heard, stems that add up, loudness reached, bad input."""

from __future__ import annotations

import math

import pytest
import torch
from mix_tones import noise, sine

from kling_foley_core.errors import InputError
from kling_foley_core.mix import Ducking, Mix, MixSettings, aligned, integrated_loudness, mixed, true_peak

RATE = 44100
PLAIN = {"gain_db": 0, "own_gain_db": 0, "loudness": None, "ducking": None, "fade_in": 0, "fade_out": 0}
SPEECH, EFFECTS = (Ducking(under, 18, 0.02, 0.2, 0.3) for under in ("speech", "effects"))


def settings(own_sound: str, **changed) -> MixSettings:
    return MixSettings(own_sound, **(PLAIN | changed))


def mix(own_sound: str, generated=None, own=None, **changed) -> Mix:
    return mixed(generated or (noise(2, RATE, 1), RATE), own, settings(own_sound, **changed))


def test_replace_alone_leaves_every_bit() -> None:
    wave = noise(1, RATE)
    made = mix("replace", (wave, RATE))
    assert torch.equal(made.sound, wave) and made.rate == RATE and list(made.stems) == ["generated"]


@pytest.mark.parametrize("own_sound", ["replace", "keep", "mix"])
def test_other_number_formats_become_float32_and_no_gradients_are_kept(own_sound) -> None:
    wave = noise(1, RATE).double().requires_grad_()
    made = mix(own_sound, (wave, RATE), None if own_sound == "replace" else (wave, RATE), loudness=None)
    for sound in (made.sound, *made.stems.values()):
        assert sound.dtype == torch.float32 and not sound.requires_grad


def test_keep_leaves_the_own_sound_and_makes_a_stem() -> None:
    own = sine(-0.2, 2, RATE)  # above the limit, and yet not touched
    made = mix("keep", own=(own, RATE), gain_db=-6, ducking=SPEECH)
    assert torch.equal(made.sound, own) and torch.equal(made.stems["own"], own)
    assert made.stems["generated"].shape == own.shape
    assert made.stems["generated"][:, RATE:].std() == pytest.approx(0.1 * 10 ** (-24 / 20), rel=0.05)


def test_mix_is_the_sum_of_its_stems_with_their_gains() -> None:
    generated, own = noise(1, RATE, 1), noise(1, RATE, 2, seed=1)
    made = mix("mix", (generated, RATE), (own, RATE), gain_db=-6, own_gain_db=-12)
    assert torch.equal(made.sound, made.stems["generated"] + made.stems["own"])
    assert torch.allclose(made.stems["generated"], 10 ** (-6 / 20) * generated.repeat(2, 1))
    assert torch.allclose(made.stems["own"], 10 ** (-12 / 20) * own)


@pytest.mark.parametrize(("rate", "own_rate", "expected"), [(16000, 44100, 48000), (44100, 22050, 44100)])
def test_rates_meet_at_one_that_takes_nothing_away(rate, own_rate, expected) -> None:
    generated, own = sine(-20, 1.2345, rate, 440, 1), sine(-20, 1.3, own_rate, 660, 2)
    made = mix("mix", (generated, rate), (own, own_rate))
    assert (made.rate, made.sound.shape) == (expected, (2, round(generated.shape[1] * expected / rate)))
    truth = sine(-20, 1.2345, expected, 440, 1) + sine(-20, 1.2345, expected, 660, 1)
    middle = slice(expected // 10, expected)
    assert (made.sound[:, middle] - truth[:, middle]).abs().max() < 1e-3


def test_aligned_is_exact_to_the_sample() -> None:
    click = torch.zeros(1, 1000)
    click[0, 500] = 1
    made = aligned(click, RATE, RATE, 1200, 2)
    assert made.shape == (2, 1200) and made[:, 500].tolist() == [1, 1] and made.sum() == 2
    assert aligned(made, RATE, RATE, 501, 1)[0, 500] == 1
    assert aligned(click, RATE, 2 * RATE, 2400, 1)[0].argmax() == 1000


@pytest.mark.parametrize("own_sound", ["replace", "mix"])
@pytest.mark.parametrize("target", [-14, -23, -40])
def test_the_loudness_asked_for_is_reached_below_the_limit(own_sound, target) -> None:
    own = None if own_sound == "replace" else (noise(2, 48000, seed=2, level=0.02), 48000)
    made = mix(own_sound, own=own, loudness=target)
    assert integrated_loudness(made.sound, made.rate) == pytest.approx(target, abs=0.1)
    assert made.levels.loudness == pytest.approx(target, abs=0.1) and not made.notes
    assert true_peak(made.sound) <= -1 and torch.equal(sum(made.stems.values()), made.sound)


def test_a_loudness_that_the_limit_forbids_is_said() -> None:
    click = torch.zeros(1, 2 * RATE)
    click[0, ::4000] = 0.5
    made = mix("replace", (click, RATE), loudness=-8)
    assert true_peak(made.sound) <= -1
    assert "-8 LUFS were asked for; with true peaks at -1 dBTP the sound reaches -" in made.notes[0]


@pytest.mark.parametrize("wave", [torch.zeros(1, RATE), noise(0.3, RATE)])
def test_a_sound_without_loudness_is_left_and_said(wave) -> None:
    made = mix("replace", (wave, RATE), loudness=-20)
    assert torch.equal(made.sound, wave) and "no loudness" in made.notes[0]


@pytest.mark.parametrize(("ducking", "down"), [(SPEECH, "generated"), (EFFECTS, "own")])
def test_ducking_turns_the_right_one_down(ducking, down) -> None:
    sounds = (noise(3, RATE), RATE), (noise(3, RATE, seed=3), RATE)
    made = mix("mix", *sounds, ducking=ducking)
    level = {name: float(stem[:, RATE:].std()) for name, stem in made.stems.items()}
    assert level.pop(down) == pytest.approx(0.1 * 10 ** (-18 / 20), rel=0.02)
    assert list(level.values()) == [pytest.approx(0.1, rel=0.02)]


def test_fades_are_half_cosines_on_the_generated_sound() -> None:
    ones, own = torch.full((1, RATE), 0.4), torch.full((1, RATE), 0.2)
    stems = mix("mix", (ones, RATE), (own, RATE), fade_in=0.5, fade_out=0.25).stems
    made = stems["generated"][0] / 0.4
    assert made[0] < 1e-6 and made[-1] < 1e-6 and torch.equal(stems["own"], own)
    assert made[[RATE // 4, RATE // 2, RATE * 7 // 8]].tolist() == pytest.approx([0.5, 1, 0.5], abs=1e-3)


@pytest.mark.parametrize(
    ("own_sound", "changed", "message"),
    [
        ("both", {}, "own sound 'both': choose replace, keep, mix"),
        ("replace", {"gain_db": 61}, "gain = 61 dB: give -60 to 60"),
        ("mix", {"own_gain_db": math.nan}, "own gain = nan dB"),
        ("replace", {"own_gain_db": 3}, "own gain = 3 dB: it acts with own sound 'mix'"),
        ("mix", {"loudness": 23}, "loudness = 23 LUFS: give -60 to -5"),
        ("replace", {"loudness": -23, "gain_db": 3}, "give one of the two"),
        ("keep", {"loudness": -23}, "loudness: own sound 'keep'"),
        ("replace", {"ducking": SPEECH}, "ducking: own sound 'replace'"),
        ("keep", {"ducking": EFFECTS}, "ducking under effects"),
        ("replace", {"fade_in": -1}, "fade in = -1 s"),
    ],
)
def test_settings_that_contradict_are_refused(own_sound, changed, message) -> None:
    with pytest.raises(InputError, match=message):
        settings(own_sound, **changed)


@pytest.mark.parametrize(
    ("own_sound", "generated", "own", "message"),
    [
        ("mix", noise(1, RATE), None, "own sound 'mix': there is none"),
        ("mix", noise(1, RATE), torch.zeros(6, 9), r"own sound of shape \(6, 9\)"),
        ("replace", torch.full((1, 9), math.nan), None, "generated sound: it has samples that are NaN"),
    ],
)
def test_sounds_that_cannot_be_mixed_are_refused(own_sound, generated, own, message) -> None:
    with pytest.raises(InputError, match=message):
        mix(own_sound, (generated, RATE), None if own is None else (own, RATE))


def test_fades_longer_than_the_sound_are_refused() -> None:
    with pytest.raises(InputError, match=r"fades of 0.6 s and 0.5 s: the sound has 1.000 s"):
        mix("replace", (noise(1, RATE), RATE), fade_in=0.6, fade_out=0.5)
