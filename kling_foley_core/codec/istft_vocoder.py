"""A small vocoder with an inverse-STFT head: log mel to wave at frame rate, fast on a CPU.

    mel [B, n_mels, T] -> wave [B, 1, T * hop]

Our choice for the small models (the paper names no vocoder), in the manner of Vocos (Siuzdak 2023):
ConvNeXt-like blocks over the frames, then magnitude and phase of each frame, then an exact inverse STFT in
the framing of `LogMel`. All layers run at 86 frames a second instead of 44 100 samples, hence the speed. Log
magnitude is a learned linear map of the mel plus the network's correction: level and envelope need no
network, and the layer norms inside would blur them. Only the lowest bins start with the network's phases
(`phase.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import ModuleType

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .checks import check_channels
from .filterbank import MelConfig, band_to_bin, mel_filterbank
from .phase import consistent, noise_phases, reach
from .stft import frame_padding, wave_from_spectrum

LEARNED_PHASES = 24  # bins, 0.5 kHz at 44.1 kHz: above, phases are the same in every frame


@dataclass(frozen=True)
class ISTFTVocoderConfig:
    """Shape of blocks and head."""

    n_mels: int
    n_fft: int
    hop: int
    width: int
    inner: int  # width inside a block
    layers: int
    kernel: int  # of the depthwise convolutions over time


class ConvNeXtBlock(nn.Module):
    """[B, C, T] -> [B, C, T]: depthwise convolution over time, layer norm, two pointwise layers, residual."""

    def __init__(self, config: ISTFTVocoderConfig, operations: ModuleType, **factory) -> None:
        super().__init__()
        width, kernel = config.width, config.kernel
        self.depthwise = operations.Conv1d(width, width, kernel, padding=kernel // 2, groups=width, **factory)
        self.norm = operations.LayerNorm(width, **factory)
        self.expand = operations.Linear(width, config.inner, **factory)
        self.contract = operations.Linear(config.inner, width, **factory)

    def forward(self, x: Tensor) -> Tensor:
        change = self.norm(self.depthwise(x).transpose(1, 2))
        return x + self.contract(F.gelu(self.expand(change))).transpose(1, 2)


class ISTFTVocoder(nn.Module):
    """Runs in the mel's number type; magnitudes, phases and the inverse STFT are float32 always."""

    def __init__(
        self,
        config: ISTFTVocoderConfig,
        *,
        operations: ModuleType = nn,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if config.kernel % 2 == 0 or config.n_fft % config.hop or config.n_fft < 2 * config.hop:
            raise ValueError(f"{config}: kernel must be odd, n_fft a multiple of hop, twice it or more.")
        self.config = config
        factory = {"device": device, "dtype": dtype}
        bins = config.n_fft // 2 + 1
        self.embed = operations.Conv1d(
            config.n_mels, config.width, config.kernel, padding=config.kernel // 2, **factory
        )
        self.norm_in = operations.LayerNorm(config.width, **factory)
        self.blocks = nn.ModuleList(
            ConvNeXtBlock(config, operations, **factory) for _ in range(config.layers)
        )
        self.norm_out = operations.LayerNorm(config.width, **factory)
        self.envelope = operations.Linear(config.n_mels, bins, **factory)
        self.head = operations.Linear(config.width, 2 * bins, **factory)

    @property
    def n_mels(self) -> int:
        return self.config.n_mels

    @property
    def hop(self) -> int:
        return self.config.hop

    @property
    def reach(self) -> int:
        """Mel frames on either side that the sound of one frame depends on."""
        n_fft, hop = self.config.n_fft, self.config.hop
        overlap = -(-frame_padding(n_fft, hop) // hop)
        return overlap + reach(n_fft, hop) + (self.config.layers + 1) * (self.config.kernel // 2)

    def forward(self, mel: Tensor, first: int = 0, *, learned: bool = False) -> Tensor:
        """`first`: which frame of the whole sound the mel's first is; the noise goes by it. `learned`: all
        phases as the network has them, which is what losses are taken of."""
        check_channels(mel, "mel", self.config.n_mels)
        x = self.norm_in(self.embed(mel).transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        correction, angle = self.head(self.norm_out(x.transpose(1, 2))).float().chunk(2, dim=-1)
        log_magnitude = self.envelope(mel.transpose(1, 2)).float() + correction
        # A windowed sound within -1..1 can't exceed the window's sum, n_fft / 2.
        magnitude = log_magnitude.clamp(max=math.log(self.config.n_fft / 2)).exp().transpose(1, 2)
        # Phases count from the frame's middle: (-1)^k turns bin k by half a frame. Counted from its start,
        # equal phases would put a click where the window is zero.
        turn = 1 - 2 * (torch.arange(magnitude.shape[1], device=mel.device) % 2)
        phase = (torch.complex(angle.cos(), angle.sin()) * turn).transpose(1, 2)
        if not learned:
            phase = self._phase(magnitude, phase, first)
        return wave_from_spectrum(magnitude * phase, self.config.n_fft, self.config.hop).unsqueeze(1)

    def _phase(self, magnitude: Tensor, learned: Tensor, first: int) -> Tensor:
        n_fft, hop = self.config.n_fft, self.config.hop
        noise = noise_phases(first, magnitude.shape[-1], n_fft, hop).to(magnitude.device)[:, LEARNED_PHASES:]
        start = torch.cat([learned[:, :LEARNED_PHASES], noise.expand(len(magnitude), -1, -1)], dim=1)
        return consistent(magnitude, start, n_fft, hop)

    @torch.no_grad()
    def start_from_envelope(self, mel: MelConfig) -> None:
        """Before training: makes the linear map the mel's own envelope and the correction zero.

        A band holds the sum of its weights times the magnitudes, so magnitude is about band / sum of weights.
        """
        spread = band_to_bin(mel)
        per_band = mel_filterbank(mel).sum(1).log()
        self.envelope.weight.copy_(spread * (math.log(10) if mel.log == "log10" else 1.0))
        self.envelope.bias.copy_(-(spread @ per_band))
        bins = self.config.n_fft // 2 + 1
        self.head.weight[:bins].zero_()
        self.head.bias[:bins].zero_()
