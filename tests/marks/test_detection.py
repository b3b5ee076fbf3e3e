"""The watermark is found after codecs, resampling and gain, and not where there is none."""

from __future__ import annotations

import math

import pytest
import torch
from marked_sounds import blows, noise, scene, tone

from kling_foley_core.evaluation.coded import CODECS, coded
from kling_foley_core.marks.detection import (
    FALSE_ALARMS,
    OFFSETS,
    STRETCH,
    band_powers,
    detected,
    differences,
    scores,
    threshold,
)
from kling_foley_core.marks.inspection import describe_media, watermark_note
from kling_foley_core.marks.pattern import signs
from kling_foley_core.marks.watermark import watermarked
from kling_foley_core.media import resample, save_audio

RATE = 44100


@pytest.fixture(scope="module")
def sounds():
    """(unmarked, marked) of each kind."""
    made = {"noise": noise(6), "blows": blows(6), "scene": scene()}
    return {name: (wave, watermarked(wave, RATE)) for name, wave in made.items()}


@pytest.mark.parametrize("kind", ["noise", "blows", "scene"])
@pytest.mark.parametrize("codec", CODECS)
def test_codecs_leave_it(sounds, kind, codec):
    wave, marked = sounds[kind]
    assert detected(*coded(marked, RATE, codec)).found
    assert not detected(*coded(wave, RATE, codec)).found


@pytest.mark.parametrize("kind", ["noise", "blows", "scene"])
def test_resampling_gain_fold_down_and_cuts_leave_it(sounds, kind):
    wave, marked = sounds[kind]
    assert detected(marked, RATE).found and not detected(wave, RATE).found
    assert not detected(marked, RATE, "another key").found
    assert detected(resample(marked, RATE, 32_000), 32_000).found
    assert detected(marked / 2, RATE).found and detected((marked * 2).clamp(-1, 1), RATE).found
    assert detected(marked.mean(0, keepdim=True), RATE).found
    assert detected(marked[:, 54_321:], RATE).found
    aac, rate = coded(marked, RATE, "AAC 128 kbit/s")
    assert detected(resample(aac / 2, rate, 32_000).mean(0, keepdim=True), 32_000).found


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 48_000, 96_000])
def test_sounds_of_any_rate_can_be_marked(rate):
    wave = noise(4, rate, channels=1)
    assert detected(watermarked(wave, rate), rate).found


def test_three_seconds_are_enough_of_noise_and_nothing_breaks_on_less():
    assert detected(watermarked(noise(3.1), RATE), RATE).found
    for samples in (1, 100, 1024, 5000):
        assert not detected(watermarked(noise(1)[:, :samples], RATE), RATE).found


def test_silence_and_a_bare_tone_show_no_mark():
    for wave in (torch.zeros(2, 4 * RATE), tone(4)):
        assert not detected(wave, RATE).found
        assert not detected(watermarked(wave, RATE), RATE).found


def test_chance_keeps_to_its_bound():
    """z of unmarked sounds under many keys, at each beginning: at most exp(-t^2 / 2) of them exceed t."""
    found = [differences(band_powers(wave, RATE)) for wave in (noise(6), blows(6), scene())]
    z = torch.stack([scores(f, signs(f"key {k}")) for f in found for k in range(40)])
    for t in (1.0, 2.0, 3.0):
        assert (z > t).float().mean() < math.exp(-t * t / 2)
    assert z.max() < threshold(1) and abs(z.mean()) < 0.1
    assert OFFSETS * math.exp(-(threshold(1) ** 2) / 2) == pytest.approx(FALSE_ALARMS)
    assert 100 * OFFSETS * math.exp(-(threshold(100) ** 2) / 2) == pytest.approx(FALSE_ALARMS)


def test_in_a_long_sound_it_is_told_where_it_is(tmp_path):
    rate, wave = 16_000, noise(4 * STRETCH, 16_000, channels=1)
    part = slice(round(STRETCH * rate), round(2 * STRETCH * rate))
    wave[:, part] = watermarked(wave[:, part], rate)
    found = detected(wave, rate)
    assert found.spans == (pytest.approx((STRETCH, 2 * STRETCH), abs=1e-3),)
    save_audio(tmp_path / "a.flac", wave, rate)
    assert f"found from {STRETCH:.1f} to {2 * STRETCH:.1f} s" in describe_media(tmp_path / "a.flac")


def test_files_and_takes_say_whether_they_are_marked(tmp_path, sounds):
    wave, marked = (each[:, : 6 * RATE] for each in sounds["noise"])
    save_audio(tmp_path / "a.mp3", marked, RATE)
    save_audio(tmp_path / "b.wav", wave[:, :RATE], RATE)
    assert "watermark  found from 0.0 to 6.0 s" in describe_media(tmp_path / "a.mp3")
    said = describe_media(tmp_path / "b.wav")
    assert "watermark  none found" in said and "under 3 s one is often not found" in said
    assert watermark_note(torch.stack((wave, marked)), RATE).endswith("takes 2.")
    assert "The sound is watermarked" in watermark_note(marked[None], RATE)
    assert watermark_note(wave[None], RATE) is None
