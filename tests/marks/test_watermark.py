"""The watermark is small, the same on every channel and in every division into pieces, and of no length or
level of its own."""

from __future__ import annotations

import pytest
import torch
from marked_sounds import blows, noise, tone

from kling_foley_core.marks import watermark
from kling_foley_core.marks.pattern import BANDS, PAIRS, bands, cells, signs
from kling_foley_core.marks.strength import MOST, strength
from kling_foley_core.marks.watermark import BLOCK, watermarked, watermarked_pieces


def size(wave):
    """dB."""
    return 20 * torch.log10(wave.norm()).item()


def test_the_pattern_is_the_keys_and_balanced():
    found = signs("a key")
    assert found.shape == (PAIRS, BANDS) and set(found.unique().tolist()) == {-1.0, 1.0}
    assert torch.equal(found, signs("a key")) and not torch.equal(found, signs("another key"))
    assert abs(found.mean()) < 0.05 and cells("a key").sum(0).abs().max() == 0
    assert signs("a key")[0, :8].tolist() == [1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0, -1.0], "on every machine"


@pytest.mark.parametrize("rate", [16000, 44100, 48000])
@pytest.mark.parametrize("made", [noise, blows])
def test_length_and_level_stay_and_the_change_is_small(rate, made):
    wave = made(4, rate)
    marked = watermarked(wave, rate)
    assert marked.shape == wave.shape and marked.dtype == wave.dtype
    assert size(marked) == pytest.approx(size(wave), abs=0.1)
    assert -30 < size(marked - wave) - size(wave) < -18
    loudest = 10 ** (MOST / 20) - 1
    assert size(marked - wave) - size(wave) < 20 * torch.log10(torch.tensor(loudest)) + 0.1


def test_outside_the_bands_nothing_changes():
    rate, wave = 44100, noise(4)
    change = torch.fft.rfft(watermarked(wave, rate) - wave).abs().square().mean(0)
    frequency = torch.arange(len(change)) * (rate / wave.shape[1])
    inside = (frequency > 300) & (frequency < 10_000)
    assert change[(frequency < 200) | (frequency > 10_100)].mean() < 1e-3 * change[inside].mean()


def test_a_tone_is_changed_less_than_noise():
    changes = [size(watermarked(w, 44100) - w) - size(w) for w in (noise(4), tone(4))]
    assert changes[1] < changes[0] - 4


def test_strength_is_that_which_the_sound_masks():
    """Under noise all that is allowed, under a tone less, and less the higher it is: it masks less there."""
    rate, count = 44100, 5632
    member, window = bands(count, rate), torch.hann_window(count)
    time = torch.arange(count) / rate

    def of(wave):
        return strength(torch.fft.rfft(wave * window).abs().square()[None], member)[0]

    bare = [of(torch.sin(2 * torch.pi * f * time))[int((f - 300) / 9700 * BANDS)] for f in (1000, 8000)]
    hiss = torch.stack([of(noise(1, rate, 1, seed)[0, :count]) for seed in range(8)])
    assert hiss.median() == MOST and 0 < bare[1] < bare[0] < 0.6
    assert of(torch.zeros(count)).isfinite().all()
    assert (strength(torch.ones(1, 129), bands(256, 8000))[0, 40:] == 0).all(), "bands above half the rate"


def test_silence_stays_silence_and_blows_begin_when_they_did():
    assert watermarked(torch.zeros(2, 44100), 44100).abs().max() == 0
    wave = torch.zeros(1, 44100)
    wave[:, 22050:] = noise(0.5, channels=1)
    before = watermarked(wave, 44100)[:, : 22050 - 441].abs().max()
    assert before < 1e-3 * wave.abs().max(), "10 ms before a blow"


def test_channels_get_the_same_gains():
    left = noise(2, channels=1)
    marked = watermarked(torch.cat((left, 0.5 * left)), 44100)
    torch.testing.assert_close(marked[1], 0.5 * marked[0])
    torch.testing.assert_close(watermarked(left, 44100)[0], marked[0])


@pytest.mark.parametrize("samples", [0, 1, 100, 351, 352, 353, 352 * BLOCK, 352 * BLOCK + 1])
def test_any_length_keeps_its_samples(samples):
    wave = noise(10, channels=1)[:, :samples]
    assert watermarked(wave, 44100).shape == wave.shape


@pytest.mark.parametrize("cuts", [[1, 999, 40_000], [50_000] * 8, [441_000 - 7]])
def test_pieces_equal_the_whole(cuts):
    wave = blows(10)
    pieces = wave.split([*cuts, wave.shape[1] - sum(cuts)], 1)
    torch.testing.assert_close(torch.cat([*watermarked_pieces(pieces, 44100)], 1), watermarked(wave, 44100))


def test_the_size_of_blocks_changes_nothing(monkeypatch):
    wave = blows(5)
    whole = watermarked(wave, 44100)
    monkeypatch.setattr(watermark, "BLOCK", 90)
    torch.testing.assert_close(watermarked(wave, 44100), whole)


def test_a_batch_is_as_its_sounds():
    batch = torch.stack((noise(1), blows(1)))
    assert torch.equal(watermarked(batch, 44100)[1], watermarked(batch[1], 44100))


def test_full_scale_is_not_exceeded():
    loud = noise(1).sign()
    assert watermarked(loud, 44100).abs().max() <= 1
