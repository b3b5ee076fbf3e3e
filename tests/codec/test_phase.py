"""The vocoder's phases: noise where none are learned, the same for every piece of a sound, and no pulses."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.checkpoints import load_network
from kling_foley_core.codec import LogMel
from kling_foley_core.codec.phase import PERIOD, consistent, noise_phases
from kling_foley_core.codec.presets import MEL_44K
from kling_foley_core.codec.stft import spectrum, wave_from_spectrum
from kling_foley_core.weights import BUILT_IN

SIZE = {"n_fft": 256, "hop": 64}


@pytest.fixture(scope="module")
def vocoder():
    return load_network(BUILT_IN, "vocoder", dtype=torch.float32)


@pytest.mark.parametrize("dbfs", [-40, -24, -12])
@torch.inference_mode()
def test_noise_has_no_pulse_in_the_middle_of_each_frame(vocoder, dbfs: int) -> None:
    """With the network's own phases one of the hop's samples held 17 to 78 times its share of the energy."""
    noise = torch.randn(1, MEL_44K.hop * 170, generator=torch.Generator().manual_seed(1))
    wave = vocoder(LogMel(MEL_44K)(noise * 10 ** (dbfs / 20)))
    energy = wave.view(-1, MEL_44K.hop).square().mean(0)
    assert energy.max() < 2.5 * energy.mean()


def test_the_noise_is_one_for_all_pieces_and_goes_round() -> None:
    whole = noise_phases(0, 50, **SIZE)
    assert torch.equal(noise_phases(20, 30, **SIZE), whole[..., 20:])
    assert torch.equal(noise_phases(PERIOD - 5, 10, **SIZE)[..., 5:], whole[..., :5])
    assert torch.allclose(whole[:, 1:-1].abs(), torch.ones(1, 127, 50))
    assert whole.mean().abs() < 0.05


def test_an_attack_stays_sharp() -> None:
    """0.73 of a burst's energy comes out in its 5 ms, of noise without the envelope 0.63."""
    wave = torch.zeros(1, 512 * 40)
    wave[:, 9000:9200] = torch.randn(200, generator=torch.Generator().manual_seed(2))
    magnitude = spectrum(wave, 2048, 512, edges="constant").abs()
    phase = consistent(magnitude, noise_phases(0, 40, 2048, 512), 2048, 512)
    made = wave_from_spectrum(magnitude * phase, 2048, 512).square()
    assert made[:, 8900:9300].sum() > 0.68 * made.sum()


def test_phases_become_consistent() -> None:
    wave = torch.randn(1, 64 * 40, generator=torch.Generator().manual_seed(0))
    frames = spectrum(wave, edges="constant", **SIZE)

    def off(phase: torch.Tensor) -> float:
        """How far the magnitudes are from those of the wave that is made of them."""
        made = spectrum(wave_from_spectrum(frames.abs() * phase, **SIZE), edges="constant", **SIZE)
        return float((made.abs() - frames.abs()).norm() / frames.norm())

    random = noise_phases(7, 40, **SIZE)
    assert off(consistent(frames.abs(), random, **SIZE)) < 0.8 * off(random)
