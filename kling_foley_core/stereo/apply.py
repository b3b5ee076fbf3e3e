"""Two ways to apply the gains: on the wave (phase-coherent, the default) or on the mel (the paper's).

    render_wave: wave [B, 1, N], gains [B, 2, M, T] -> [B, 2, N]
    render_mels: log mel [B, M, T], gains [B, 2, M, T] -> log mels [B, 2, M, T], each to be vocoded by itself

Paper section 4.6 vocodes a left and a right mel apart, which leaves their phases unrelated: the sum of both
channels isn't the mono sound, and the middle has no firm place. Our default multiplies the mono wave's
spectrum instead, so both channels share its phase, (left + right) / 2 is the mono sound and one vocoder pass
is enough. Gain frame k acts where `LogMel` measured mel frame k.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..codec.checks import check_channels, check_finite, check_mono
from ..codec.filterbank import MelConfig, band_to_bin
from ..codec.stft import spectrum, wave_from_spectrum
from ..errors import InputError

LEAST_GAIN = 1e-5  # the mel way needs a logarithm; -100 dB is silence


def render_mels(log_mel: Tensor, gains: Tensor, config: MelConfig) -> Tensor:
    """log mel + log gain, in the mel's kind of logarithm; float32."""
    check_channels(log_mel, "log mel", config.n_mels)
    _check_gains(gains, log_mel.shape[0], config)
    if gains.shape[-1] != log_mel.shape[-1]:
        raise InputError(
            f"gains have {gains.shape[-1]} frames, the mel has {log_mel.shape[-1]}; "
            "make the gains from this mel."
        )
    audible = gains.float().clamp(min=LEAST_GAIN)
    return log_mel.float().unsqueeze(1) + (audible.log() if config.log == "ln" else audible.log10())


def render_wave(wave: Tensor, gains: Tensor, config: MelConfig) -> Tensor:
    """Wave of any length and gains that cover it to within one frame -> left and right, float32.

    A wave cut to a video's length rarely ends with a hop. N samples need ceil(N / hop) gain frames; with one
    fewer the last gain is held, one more is left unused.
    """
    check_mono(wave)
    check_finite(wave, "wave", "check the vocoder's number type")
    batch, _, samples = wave.shape
    _check_gains(gains, batch, config)
    frames = -(-samples // config.hop)
    gains = _fit_frames(gains.float(), frames)
    whole = F.pad(wave.float().squeeze(1), (0, frames * config.hop - samples))
    mono = spectrum(
        whole, config.n_fft, config.hop, edges="constant"
    )  # silence fits any length, cut off below
    per_bin = torch.matmul(band_to_bin(config).to(wave.device), gains.to(wave.device))  # [B, 2, bins, T]
    both = (mono.unsqueeze(1) * per_bin).flatten(0, 1)
    return wave_from_spectrum(both, config.n_fft, config.hop)[:, :samples].unflatten(0, (batch, 2))


def within_full_scale(stereo: Tensor) -> Tensor:
    """[B, 2, N] turned down, both channels alike and only where a peak is above 1: clipping one side would
    bend the sound and move it, a common factor does neither. Gains reach 2, so a loud sound far to one side
    can be too loud."""
    return stereo / stereo.abs().amax(dim=(1, 2), keepdim=True).clamp(min=1)


def _check_gains(gains: Tensor, batch: int, config: MelConfig) -> None:
    if gains.ndim != 4 or gains.shape[:3] != (batch, 2, config.n_mels) or gains.shape[3] < 1:
        raise InputError(
            f"gains have shape {list(gains.shape)}, but [{batch}, 2, {config.n_mels}, frames] is needed; "
            "make them from the mel of the same sound."
        )
    check_finite(gains, "gains", "run the stereo renderer in float32 or bfloat16")
    if bool((gains < 0).any()):
        raise InputError(
            f"gains go down to {gains.min().item():.3g}: a negative gain would flip the phase; clamp to 0."
        )


def _fit_frames(gains: Tensor, frames: int) -> Tensor:
    given = gains.shape[-1]
    if abs(given - frames) > 1:
        raise InputError(
            f"gains cover {given} frames, the wave has {frames}; render before cutting or padding the wave, "
            "or cut both alike."
        )
    if given < frames:
        return torch.cat([gains, gains[..., -1:]], dim=-1)
    return gains[..., :frames]
