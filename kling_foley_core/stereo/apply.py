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
from ..codec.chunks import chunks
from ..codec.filterbank import MelConfig, band_to_bin
from ..codec.stft import spectrum, wave_from_spectrum
from ..errors import InputError
from ..files.on_disk import PIECE, let_go, piecewise, room_for, steps_of

LEAST_GAIN = 1e-5  # the mel way needs a logarithm; -100 dB is silence

CHUNK = 1024  # gain frames at a time: 12 s at 44.1 kHz, 50 MB


def render_mels(log_mel: Tensor, gains: Tensor, config: MelConfig) -> Tensor:
    """log mel + log gain, in the mel's kind of logarithm; float32."""
    check_channels(log_mel, "log mel", config.n_mels)
    _check_gains(gains, log_mel.shape[0], config)
    if gains.shape[-1] != log_mel.shape[-1]:
        raise InputError(
            f"gains have {gains.shape[-1]} frames, the mel has {log_mel.shape[-1]}; "
            "make the gains from this mel."
        )
    log = torch.log if config.log == "ln" else torch.log10
    return piecewise(
        lambda mel, gain: mel.float().unsqueeze(1) + log(gain.float().clamp(min=LEAST_GAIN)), log_mel, gains
    )


def render_wave(wave: Tensor, gains: Tensor, config: MelConfig) -> Tensor:
    """Wave of any length and gains that cover it to within one frame -> left and right, float32.

    A wave cut to a video's length rarely ends with a hop. N samples need ceil(N / hop) gain frames; with one
    fewer the last gain is held, one more is left unused.
    """
    check_mono(wave)
    check_finite(wave, "wave", "check the vocoder's number type")
    batch, _, samples = wave.shape
    _check_gains(gains, batch, config)
    hop, frames = config.hop, -(-samples // config.hop)
    _check_length(gains, frames)
    per_band = band_to_bin(config).to(wave.device)
    both = room_for(batch, 2, samples, device=wave.device)
    for part in chunks(frames, CHUNK, 2 * (config.n_fft // hop - 1)):  # the spectrum's reach, there and back
        mono = wave[..., part.left * hop : part.right * hop]
        gain = _gains_of(gains, part.left, part.right).to(wave.device)
        made = part.kept(_rendered(mono, torch.matmul(per_band, gain), config), hop)
        both[..., part.start * hop : part.stop * hop] = made[..., : samples - part.start * hop]
        let_go(wave, gains, both)
    return both


def _rendered(wave: Tensor, per_bin: Tensor, config: MelConfig) -> Tensor:
    """wave [B, 1, N], gains [B, 2, bins, T] -> [B, 2, T * hop]."""
    missing = per_bin.shape[-1] * config.hop - wave.shape[-1]
    whole = F.pad(wave.float().squeeze(1), (0, missing))  # silence fits any length
    mono = spectrum(whole, config.n_fft, config.hop, edges="constant")
    both = (mono.unsqueeze(1) * per_bin).flatten(0, 1)
    return wave_from_spectrum(both, config.n_fft, config.hop).unflatten(0, (len(wave), 2))


def within_full_scale(stereo: Tensor) -> Tensor:
    """[B, 2, N] turned down, both channels alike and only where a peak is above 1: clipping one side would
    bend the sound and move it, a common factor does neither. Gains reach 2, so a loud sound far to one side
    can be too loud."""
    peak = stereo.new_ones(len(stereo), 1, 1)
    for part in stereo.detach().split(
        PIECE, -1
    ):  # one result for all: kept between large ones, small ones pin memory
        torch.maximum(peak, part.abs().amax(dim=(1, 2), keepdim=True), out=peak)
        let_go(stereo)
    return piecewise(lambda part: part / peak, stereo) if bool((peak > 1).any()) else stereo


def _check_gains(gains: Tensor, batch: int, config: MelConfig) -> None:
    if gains.ndim != 4 or gains.shape[:3] != (batch, 2, config.n_mels) or gains.shape[3] < 1:
        raise InputError(
            f"gains have shape {list(gains.shape)}, but [{batch}, 2, {config.n_mels}, frames] is needed; "
            "make them from the mel of the same sound."
        )
    check_finite(gains, "gains", "run the stereo renderer in float32 or bfloat16")
    least = min(part.min().item() for part in gains.split(steps_of(gains), -1))
    if least < 0:
        raise InputError(f"gains go down to {least:.3g}: a negative gain would flip the phase; clamp to 0.")


def _check_length(gains: Tensor, frames: int) -> None:
    given = gains.shape[-1]
    if abs(given - frames) > 1:
        raise InputError(
            f"gains cover {given} frames, the wave has {frames}; render before cutting or padding the wave, "
            "or cut both alike."
        )


def _gains_of(gains: Tensor, left: int, right: int) -> Tensor:
    """float32; behind the last frame, its gains are held."""
    found = gains[..., left:right].float()
    if found.shape[-1] == right - left:
        return found
    return torch.cat([found, gains[..., -1:].float()], dim=-1)
