"""Log mel spectrogram of a mono wave.

    wave [B, N] in -1..1  ->  [B, n_mels, N // hop], float32

Specification 6.1: clamp, reflect by (n_fft - hop) / 2, magnitude sqrt(re^2 + im^2 + 1e-9), Slaney filterbank,
logarithm of at least 1e-5. The paper states 44.1 kHz and hop 512 only (section 4.5); the other numbers are
the MMAudio family's.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import InputError
from .checks import check_finite
from .filterbank import MelConfig, mel_filterbank
from .stft import frame_padding, spectrum

FLOOR = 1e-5  # of a band's value before the logarithm
MAGNITUDE_EPSILON = 1e-9  # keeps the gradient of the magnitude finite at digital silence


class LogMel:
    """A function with a config: it has no state that a device move or a cast could change."""

    def __init__(self, config: MelConfig) -> None:
        self.config = config

    def __call__(self, wave: Tensor) -> Tensor:
        config = self.config
        least = max(
            config.hop, frame_padding(config.n_fft, config.hop) + 1
        )  # a reflection needs more than it adds
        if wave.ndim != 2 or wave.shape[0] < 1 or wave.shape[1] < least:
            raise InputError(
                f"wave has shape {list(wave.shape)}, but a mel needs [batch, samples] with {least} samples "
                "or more; add silence at the end."
            )
        check_finite(wave, "wave", "check the sound for a broken file or a division by zero upstream")
        with torch.autocast(wave.device.type, enabled=False):  # half precision would drown quiet bands
            complex_frames = spectrum(wave.float().clamp(-1, 1), config.n_fft, config.hop, edges="reflect")
            power = torch.view_as_real(complex_frames).square().sum(-1)
            magnitude = torch.sqrt(power + MAGNITUDE_EPSILON)
            bands = torch.matmul(mel_filterbank(config).to(wave.device), magnitude).clamp(min=FLOOR)
            return bands.log() if config.log == "ln" else bands.log10()
