"""The mel spectrogram: golden vectors, a twin filterbank, framing, precision and errors."""

from __future__ import annotations

import pytest
import torch
from codec_networks import MEL
from golden_files import golden

from kling_foley_core.codec.filterbank import MelConfig, band_to_bin, mel_filterbank
from kling_foley_core.codec.mel import LogMel
from kling_foley_core.codec.presets import MEL_16K, MEL_44K
from kling_foley_core.errors import InputError

GOLDEN = [("mel_16k", MEL_16K), ("mel_44k", MEL_44K)]


@pytest.mark.parametrize("name, config", GOLDEN)
def test_golden(name: str, config: MelConfig) -> None:
    g = golden(name)
    g.check("mid.mel_basis", mel_filterbank(config))
    g.check("out.mel", LogMel(config)(g["in.waveform"]))


@pytest.mark.parametrize("config", [MEL_16K, MEL_44K])
def test_filterbank_equals_torchaudio(config: MelConfig) -> None:
    try:
        from torchaudio.functional import melscale_fbanks
    except (ImportError, OSError, RuntimeError) as error:
        pytest.skip(f"needs a torchaudio that imports: {error}")
    twin = melscale_fbanks(
        config.n_fft // 2 + 1,
        config.fmin,
        config.fmax,
        config.n_mels,
        config.sampling_rate,
        norm="slaney",
        mel_scale="slaney",
    )
    # The twin computes in float32: the highest bands' corners differ by some 1e-3 Hz.
    torch.testing.assert_close(mel_filterbank(config), twin.T, atol=2e-6, rtol=0)


def test_one_frame_per_whole_hop_and_a_click_lands_in_its_hop() -> None:
    wave = torch.zeros(1, 40 * 64 + 63)
    wave[0, 17 * 64 + 32] = 1.0
    mel = LogMel(MEL)(wave)
    assert mel.shape == (1, 20, 40)
    assert mel.sum(1).argmax() == 17


def test_over_range_samples_are_clamped() -> None:
    loud = torch.full((1, 640), 3.0)
    assert torch.equal(LogMel(MEL)(loud), LogMel(MEL)(loud.clamp(-1, 1)))


def test_precision_does_not_depend_on_input_type_or_autocast() -> None:
    wave = torch.randn(1, 640, generator=torch.Generator().manual_seed(0)).mul(0.1).bfloat16()
    expected = LogMel(MEL)(wave.float())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(LogMel(MEL)(wave), expected)


def test_tables_made_in_inference_mode_serve_training() -> None:
    mel_filterbank.cache_clear()
    with torch.inference_mode():
        LogMel(MEL)(torch.zeros(1, 640))
    wave = torch.full((1, 640), 0.1, requires_grad=True)
    LogMel(MEL)(wave).sum().backward()
    assert wave.grad.isfinite().all()


@pytest.mark.parametrize("config", [MEL, MEL_16K, MEL_44K])
def test_band_to_bin_is_a_partition_of_unity(config: MelConfig) -> None:
    weights = band_to_bin(config)
    assert weights.shape == (config.n_fft // 2 + 1, config.n_mels)
    assert weights.min() >= 0
    torch.testing.assert_close(weights.sum(1), torch.ones(len(weights)), atol=2e-7, rtol=0)


@pytest.mark.parametrize(
    "wave", [torch.zeros(640), torch.zeros(1, 96), torch.zeros(1, 0), torch.zeros(0, 640)]
)
def test_shapes_that_can_not_be_are_named(wave: torch.Tensor) -> None:
    with pytest.raises(InputError, match=r"97 samples or more"):
        LogMel(MEL)(wave)


def test_the_shortest_wave_works() -> None:
    assert LogMel(MEL)(torch.zeros(1, 97)).shape == (1, 20, 1)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(InputError, match="not finite"):
        LogMel(MEL)(torch.full((1, 640), value))


@pytest.mark.parametrize(
    "change", [{"log": "log2"}, {"hop": 100}, {"fmax": 9000}, {"hop": 256}, {"n_mels": 1}]
)
def test_configs_that_can_not_be_fail_at_once(change: dict) -> None:
    with pytest.raises(ValueError, match="MelConfig"):
        MelConfig(**{**vars(MEL), **change})
