"""Gains on waves and on mels, with signals whose answer is known."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from codec_networks import MEL

from kling_foley_core.codec import LogMel
from kling_foley_core.codec.presets import MEL_44K
from kling_foley_core.errors import InputError
from kling_foley_core.stereo import render_mels, render_wave, within_full_scale

HOP = MEL.hop


def noise(samples: int, batch: int = 1) -> torch.Tensor:
    return torch.rand(batch, 1, samples, generator=torch.Generator().manual_seed(0)) * 2 - 1


def panned(left: torch.Tensor) -> torch.Tensor:
    """Left gains [B, M, T] -> [B, 2, M, T] with sum 2."""
    return torch.stack([left, 2 - left], dim=1)


def wild(samples: int, batch: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return panned(torch.rand(batch, 20, -(-samples // HOP), generator=generator) * 2)


@pytest.mark.parametrize("samples", [1, 63, 64, 65, 1000, 6400])
def test_left_and_right_sum_to_the_mono_sound(samples: int) -> None:
    wave = noise(samples)
    both = render_wave(wave, wild(samples), MEL)
    assert both.shape == (1, 2, samples)
    assert (
        both.sum(1, keepdim=True) - 2 * wave
    ).abs().max() < 2e-6  # float32 noise of two transforms of -1..1


def test_a_constant_pan_has_exactly_its_level_ratio() -> None:
    wave = noise(5000)
    left, right = render_wave(wave, panned(torch.full((1, 20, 79), 1.5)), MEL).unbind(1)
    torch.testing.assert_close(left, 1.5 * wave[:, 0], atol=1e-6, rtol=0)
    torch.testing.assert_close(right, 0.5 * wave[:, 0], atol=1e-6, rtol=0)


def test_the_middle_is_the_mono_sound_twice() -> None:
    wave = noise(44100)
    both = render_wave(wave, torch.ones(1, 2, 128, 87), MEL_44K)
    torch.testing.assert_close(both, wave.expand(1, 2, -1), atol=1e-6, rtol=0)


def test_a_moving_pan_is_heard_at_its_time() -> None:
    frames, turn = 100, 60
    wave = torch.sin(torch.arange(frames * HOP) * (2 * math.pi * 440 / MEL.sampling_rate)).view(1, 1, -1)
    left = torch.where(torch.arange(frames) < turn, 2.0, 0.0).expand(1, 20, frames)
    levels = render_wave(wave, panned(left), MEL).square().unfold(-1, HOP, 1).mean(-1)[0]
    crossing = (levels[0] < levels[1]).nonzero()[0].item() + HOP / 2
    assert abs(crossing - turn * HOP) <= HOP
    # Outside of the window around the turn the pan is complete.
    window = MEL.n_fft // 2 + HOP
    heard = render_wave(wave, panned(left), MEL)[0].abs()
    assert heard[1, : turn * HOP - window].max() < 1e-5
    assert heard[0, turn * HOP + window :].max() < 1e-5


def test_gain_frame_k_acts_where_mel_frame_k_measured() -> None:
    wave = torch.zeros(1, 1, 40 * HOP)
    wave[..., 17 * HOP + HOP // 2] = 1.0
    frame = LogMel(MEL)(wave[:, 0]).sum(1).argmax().item()
    left = torch.ones(1, 20, 40)
    left[..., frame] = 2.0
    others = torch.full((1, 20, 40), 2.0)
    others[..., frame] = 1.0
    click = 17 * HOP + HOP // 2
    here, elsewhere = (render_wave(wave, panned(g), MEL)[0, 0, click].item() - 1 for g in (left, others))
    # Of the squared windows over the click the frame's own has most: 1 against 1/4 + 1/4 + 0 from its
    # neighbours.
    assert here == pytest.approx(2 / 3, abs=0.02) and elsewhere == pytest.approx(1 / 3, abs=0.02)


def test_an_impulse_stays_where_it_was() -> None:
    wave = torch.zeros(1, 1, 40 * HOP)
    place = 20 * HOP + 11
    wave[..., place] = 1.0
    both = render_wave(wave, wild(40 * HOP), MEL)[0].abs()
    assert torch.equal(both.argmax(-1), torch.full((2,), place))
    before, after = both[:, : place - MEL.n_fft], both[:, place + MEL.n_fft :]
    assert before.max() < 1e-6 and after.max() < 1e-6


def test_bands_are_panned_apart() -> None:
    t = torch.arange(60 * HOP) / MEL.sampling_rate
    low, high = torch.sin(2 * math.pi * 250 * t), torch.sin(2 * math.pi * 3000 * t)
    left = torch.where(torch.arange(20) < 10, 2.0, 0.0).view(1, 20, 1).expand(1, 20, 60)
    both = render_wave((low + high).view(1, 1, -1), panned(left), MEL)[0, :, 512:-512]
    torch.testing.assert_close(both[0], 2 * low[512:-512], atol=0.02, rtol=0)
    torch.testing.assert_close(both[1], 2 * high[512:-512], atol=0.02, rtol=0)


def test_gains_may_miss_or_exceed_the_wave_by_one_frame() -> None:
    wave = noise(10 * HOP + 1)  # 11 frames
    gains = wild(11 * HOP)
    held = torch.cat([gains[..., :10], gains[..., 9:10]], dim=-1)
    assert torch.equal(render_wave(wave, gains[..., :10], MEL), render_wave(wave, held, MEL))
    longer = torch.cat([gains, torch.zeros(1, 2, 20, 1)], dim=-1)
    assert torch.equal(render_wave(wave, longer, MEL), render_wave(wave, gains, MEL))
    for wrong in (gains[..., :9], torch.cat([longer, longer[..., :1]], dim=-1)):
        with pytest.raises(InputError, match="the wave has 11"):
            render_wave(wave, wrong, MEL)


def test_a_batch_equals_its_items() -> None:
    wave, gains = noise(3000, 3), wild(3000, 3)
    singles = torch.cat([render_wave(wave[i : i + 1], gains[i : i + 1], MEL) for i in range(3)])
    torch.testing.assert_close(render_wave(wave, gains, MEL), singles, atol=1e-6, rtol=0)


def test_half_precision_gains_and_waves_come_out_in_float32() -> None:
    both = render_wave(noise(640).half(), wild(640).bfloat16(), MEL)
    assert both.dtype == torch.float32 and both.isfinite().all()


@pytest.mark.parametrize("log, base", [("ln", math.e), ("log10", 10.0)])
def test_a_mel_shifts_by_the_logarithm_of_its_gain(log: str, base: float) -> None:
    config = replace(MEL, log=log)
    mel = LogMel(config)(noise(640)[:, 0])
    gains = wild(640)
    both = render_mels(mel, gains, config)
    assert both.shape == (1, 2, 20, 10)
    torch.testing.assert_close(base**both, base ** mel.unsqueeze(1) * gains, atol=1e-5, rtol=1e-4)


def test_a_gain_of_zero_gives_a_finite_mel() -> None:
    both = render_mels(torch.zeros(1, 20, 4), panned(torch.zeros(1, 20, 4)), MEL)
    assert both.isfinite().all() and both[:, 0].max() < -11


def test_wrong_inputs_are_named() -> None:
    wave, gains = noise(640), wild(640)
    cases = [
        (wave.expand(1, 2, -1), gains, "mono"),
        (wave[..., :0], gains, "no sound"),
        (wave * float("nan"), gains, "wave has values that are not finite"),
        (wave, gains * float("inf"), "gains has values that are not finite"),
        (wave, -gains, "flip the phase"),
        (wave, gains[:, :, :19], r"gains have shape \[1, 2, 19, 10\]"),
        (wave, gains[:, :1], "gains have shape"),
        (wave, gains.expand(2, -1, -1, -1), "gains have shape"),
    ]
    for w, g, message in cases:
        with pytest.raises(InputError, match=message):
            render_wave(w, g, MEL)
    with pytest.raises(InputError, match="the mel has 9"):
        render_mels(torch.zeros(1, 20, 9), gains, MEL)


@pytest.mark.parametrize("samples", [5 * 300 * HOP, 1000 * HOP - 7, 1000 * HOP + 1])
def test_chunks_change_nothing(samples, monkeypatch):
    """Each way, also where the last gain is held."""
    wave, gains = noise(samples), wild(samples)
    whole, scaled = render_wave(wave, gains, MEL), within_full_scale(3 * render_wave(wave, gains, MEL))
    sides = render_mels(torch.randn(1, 20, gains.shape[-1]).clamp(-5, 5), gains, MEL)
    assert scaled.abs().max() == 1 and sides.shape == (1, 2, 20, gains.shape[-1])
    monkeypatch.setattr("kling_foley_core.stereo.apply.CHUNK", 100)
    monkeypatch.setattr("kling_foley_core.files.on_disk.PIECE", 1000)
    torch.testing.assert_close(render_wave(wave, gains, MEL), whole, atol=1e-5, rtol=0)
    held = torch.cat([gains[..., :-1], gains[..., -2:-1]], dim=-1)
    torch.testing.assert_close(
        render_wave(wave, gains[..., :-1], MEL), render_wave(wave, held, MEL), atol=1e-6, rtol=0
    )
    torch.testing.assert_close(within_full_scale(3 * whole), scaled, atol=1e-6, rtol=0)
