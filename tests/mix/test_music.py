"""Music beside the effects: its level, its stem, what acts on both and what on one of them."""

from __future__ import annotations

import pytest
import torch
from mix_tones import noise, sine

from kling_foley_core.errors import InputError
from kling_foley_core.mix import Ducking, Mix, MixSettings, integrated_loudness, mixed, true_peak

RATE = 44100
EFFECTS, MUSIC = (noise(2, RATE, 1), RATE), (noise(2, RATE, 1, level=0.12, seed=5), RATE)
OWN = (noise(2, RATE, 2, level=0.02, seed=1), RATE)


def mix(own_sound: str = "replace", own=None, effects=EFFECTS, music=MUSIC, **changed) -> Mix:
    values = {"gain_db": 0, "own_gain_db": 0, "loudness": None, "ducking": None, "fade_in": 0, "fade_out": 0}
    return mixed(effects, own, MixSettings(own_sound, **(values | changed)), music)


def loudness(made: Mix, name: str) -> float:
    return integrated_loudness(made.stems[name], made.rate)


@pytest.mark.parametrize("level", [-12, -30, 6])
@pytest.mark.parametrize("own_sound", ["replace", "mix", "keep"])
def test_music_stands_at_its_level_from_the_effects(level, own_sound) -> None:
    quiet = (0.1 * EFFECTS[0], RATE)
    made = mix(own_sound, None if own_sound == "replace" else OWN, effects=quiet, music_level=level)
    assert loudness(made, "music") - loudness(made, "generated") == pytest.approx(level, abs=0.05)
    channels = 1 if own_sound == "replace" else 2
    assert torch.allclose(made.stems["generated"], quiet[0].expand(channels, -1)), "the effects stay"


def test_mono_music_under_stereo_effects_stands_at_its_level_too() -> None:
    made = mix(effects=(noise(2, RATE, 2), RATE))
    assert made.sound.shape[0] == 2
    assert loudness(made, "music") - loudness(made, "generated") == pytest.approx(-12, abs=0.05)


def test_stems_add_up_and_stay_below_the_limit() -> None:
    made = mix("mix", OWN, loudness=-14, music_level=0)
    assert list(made.stems) == ["generated", "music", "own"]
    assert torch.equal(sum(made.stems.values()), made.sound) and true_peak(made.sound) <= -1
    assert made.levels.loudness == pytest.approx(-14, abs=0.1)
    assert loudness(made, "music") == pytest.approx(loudness(made, "generated"), abs=0.2)


def test_gain_and_fades_act_on_both() -> None:
    plain, changed = mix(), mix(gain_db=-6, fade_in=0.5)
    for name in ("generated", "music"):
        late = slice(RATE, None)
        assert torch.allclose(changed.stems[name][:, late], 10 ** (-6 / 20) * plain.stems[name][:, late])
        assert changed.stems[name][:, 0].abs().max() < 1e-6


def test_both_give_way_to_speech_and_only_effects_push_the_own_sound_down() -> None:
    under = {name: Ducking(name, 18, 0.02, 0.2, 0.3) for name in ("speech", "effects")}
    plain, ducked = mix("mix", OWN), mix("mix", OWN, ducking=under["speech"])
    for name in ("generated", "music"):
        ratio = ducked.stems[name][:, RATE:].std() / plain.stems[name][:, RATE:].std()
        assert float(ratio) == pytest.approx(10 ** (-18 / 20), rel=0.03)
    silence = (torch.zeros(1, 2 * RATE), RATE)
    kept = mix("mix", OWN, effects=silence, ducking=under["effects"])
    assert torch.allclose(kept.stems["own"], OWN[0]), "music is no effect"


def test_without_loudness_the_music_stays_as_it_is() -> None:
    silence = (torch.zeros(1, 2 * RATE), RATE)
    assert torch.allclose(mix(effects=silence).stems["music"], MUSIC[0], atol=1e-6)
    assert not mix(music=silence).stems["music"].any()


def test_rates_lengths_and_channels_meet() -> None:
    tone = sine(-20, 3, 22050, 440, 2)
    made = mix(music=(tone, 22050), music_level=0)
    assert made.sound.shape == (2, 2 * RATE) and made.rate == RATE
    truth = sine(-20, 3, RATE, 440, 2)[:, : 2 * RATE]
    middle, scale = slice(RATE // 2, RATE), made.stems["music"].abs().max() / 0.1
    assert (made.stems["music"] / scale - truth)[:, middle].abs().max() < 2e-3


def test_bad_music_is_named() -> None:
    with pytest.raises(InputError, match=r"music sound of shape \(6, 9\)"):
        mix(music=(torch.zeros(6, 9), RATE))
    with pytest.raises(InputError, match="music level = 70 dB"):
        mix(music_level=70)
