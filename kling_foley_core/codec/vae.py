"""The mel VAE: log mel to a latent of half its frame rate, and back.

    encode: mel [B, n_mels, T]     -> posterior of [B, latent_dim, T // 2]
    decode: z [B, latent_dim, L]   -> mel [B, n_mels, 2 L]

Paper section 4.5: a 1-D mel VAE with stacked convolutions, one x2 step in time (86.13 Hz mel, 43.07 Hz
latent), a decoder that mirrors it with a transposed convolution. Where the paper is silent (widths,
normalisation) we follow specification 6.2, the public magnitude-preserving VAE, so that one class loads those
checkpoints and builds the paper's shape. Tensor names are the checkpoints'. Weights must be normalised before
loading: `vae_weights.normalise_weights`.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import torch
from torch import Tensor, nn

from ..networks.attention import Attention, sdpa
from ..networks.precision import PreciseBuffers
from ..timing import MEL_PER_LATENT
from .checks import check_channels
from .vae_layers import CLAMP, UPSAMPLING, Downsample, Middle, ResidualBlock, convolved, mp_silu

LOGVAR_RANGE = (-30.0, 20.0)


@dataclass(frozen=True)
class MelVAEConfig:
    """Shape of encoder and decoder."""

    n_mels: int
    latent_dim: int
    width: int  # channels of the first level
    multipliers: tuple[
        int, ...
    ]  # channels of each level, in widths; the step in time comes after the first level
    encoder_blocks: int  # residual blocks per level
    decoder_blocks: int
    attention: bool  # in the middle of encoder and decoder
    upsampling: str  # "nearest" or "transposed"

    def __post_init__(self) -> None:
        if self.upsampling not in UPSAMPLING:
            raise ValueError(
                f"MelVAEConfig.upsampling = {self.upsampling!r}: choose one of {sorted(UPSAMPLING)}."
            )
        if len(self.multipliers) < 2:
            raise ValueError(f"MelVAEConfig.multipliers = {self.multipliers}: two levels or more are needed.")


@dataclass(frozen=True)
class Posterior:
    """Diagonal Gaussian over the latent, both tensors [B, latent_dim, L] float32."""

    mean: Tensor
    logvar: Tensor

    @property
    def std(self) -> Tensor:
        return torch.exp(0.5 * self.logvar)

    def sample(self, noise: Tensor) -> Tensor:
        """mean + std * noise; the caller draws the noise, so that a seed means the same everywhere."""
        return self.mean + self.std * noise


def _scale(gain: Tensor, like: Tensor) -> Tensor:
    """gain + 1, added in float32: half precision would round the sum more than the gain."""
    return (gain.to(like.device, torch.float32) + 1).to(like.dtype)


class Level(nn.Module):
    """Residual blocks of one width, each followed by the clamp."""

    def __init__(self, width_in: int, width_out: int, blocks: int, operations: ModuleType, **factory) -> None:
        super().__init__()
        self.block = nn.ModuleList(
            ResidualBlock(width_in if i == 0 else width_out, width_out, operations, **factory)
            for i in range(blocks)
        )

    def forward(self, x: Tensor) -> Tensor:
        for block in self.block:
            x = block(x).clamp(-CLAMP, CLAMP)
        return x


class Encoder(nn.Module):
    """Normalised mel [B, n_mels, T] -> [B, 2 latent_dim, T // 2]."""

    def __init__(
        self, config: MelVAEConfig, operations: ModuleType, attention: Attention | None, **factory
    ) -> None:
        super().__init__()
        widths = [config.width * m for m in config.multipliers]
        self.learnable_gain = nn.Parameter(torch.zeros((), **factory))
        self.conv_in = operations.Conv1d(config.n_mels, config.width, 3, padding=1, bias=False, **factory)
        self.down = nn.ModuleList()
        for width_in, width_out in zip([config.width, *widths], widths, strict=False):
            self.down.append(Level(width_in, width_out, config.encoder_blocks, operations, **factory))
        self.down[0].downsample = Downsample(widths[0], operations, **factory)
        self.mid = Middle(widths[-1], attention, operations, **factory)
        self.conv_out = operations.Conv1d(
            widths[-1], 2 * config.latent_dim, 3, padding=1, bias=False, **factory
        )

    def forward(self, x: Tensor) -> Tensor:
        x = convolved(self.conv_in, x)
        for i, level in enumerate(self.down):
            x = level(x)
            if i == 0:
                x = level.downsample(x)
        x = mp_silu(self.mid(x))
        return convolved(self.conv_out, x) * _scale(self.learnable_gain, x)


class Decoder(nn.Module):
    """Latent [B, latent_dim, L] -> normalised mel [B, n_mels, 2 L]; the levels run last to first."""

    def __init__(
        self, config: MelVAEConfig, operations: ModuleType, attention: Attention | None, **factory
    ) -> None:
        super().__init__()
        widths = [config.width * m for m in config.multipliers]
        self.learnable_gain = nn.Parameter(torch.zeros((), **factory))
        self.conv_in = operations.Conv1d(config.latent_dim, widths[-1], 3, padding=1, bias=False, **factory)
        self.mid = Middle(widths[-1], attention, operations, **factory)
        self.up = nn.ModuleList()
        for width_in, width_out in zip([*widths[1:], widths[-1]], widths, strict=True):
            self.up.append(Level(width_in, width_out, config.decoder_blocks, operations, **factory))
        self.up[1].upsample = UPSAMPLING[config.upsampling](widths[1], operations, **factory)
        self.conv_out = operations.Conv1d(widths[0], config.n_mels, 3, padding=1, bias=False, **factory)

    def forward(self, z: Tensor) -> Tensor:
        x = self.mid(convolved(self.conv_in, z))
        for i, level in reversed(list(enumerate(self.up))):
            x = level(x)
            if i == 1:
                x = level.upsample(x)
        x = mp_silu(x)
        return convolved(self.conv_out, x) * _scale(self.learnable_gain, x)


class MelVAE(PreciseBuffers):
    """Encoder, decoder and the checkpoint's mel statistics, which stay float32 when the network is cast."""

    def __init__(
        self,
        config: MelVAEConfig,
        *,
        operations: ModuleType = nn,
        attention: Attention = sdpa,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        encoder: bool = True,
    ) -> None:
        """Without `encoder` it decodes alone."""
        super().__init__()
        self.config = config
        factory = {"device": device, "dtype": dtype}
        inner = attention if config.attention else None
        self.encoder = Encoder(config, operations, inner, **factory) if encoder else None
        self.decoder = Decoder(config, operations, inner, **factory)
        self.register_buffer("data_mean", torch.zeros(1, config.n_mels, 1, device=device))
        self.register_buffer("data_std", torch.ones(1, config.n_mels, 1, device=device))

    @property
    def decoder_reach(self) -> int | None:
        """Latent frames on either side that the mel of one depends on; None: attention sees them all."""
        if self.config.attention:
            return None
        block, levels = 2, len(self.config.multipliers)  # steps of its two convolutions
        latent_rate = 1 + 2 * block + (levels - 1) * self.config.decoder_blocks * block
        mel_rate = 1 + self.config.decoder_blocks * block + 1  # from the step in time on
        return latent_rate + -(-mel_rate // MEL_PER_LATENT) + 1

    def encode(self, mel: Tensor, dtype: torch.dtype | None = None) -> Posterior:
        """mel [B, n_mels, T], T >= 2 -> posterior; the network runs in `dtype`, else in the mel's number
        type.

        A mel that is rounded before its mean is taken off loses more than one rounded after.
        """
        check_channels(mel, "mel", self.config.n_mels, MEL_PER_LATENT)
        mean, std = self._statistics(mel)
        x = self.encoder(((mel.float() - mean) / std).to(dtype or mel.dtype)).float()
        latent_mean, logvar = x.chunk(2, dim=1)
        return Posterior(latent_mean, logvar.clamp(*LOGVAR_RANGE))

    def decode(self, z: Tensor) -> Tensor:
        """z [B, latent_dim, L] -> mel [B, n_mels, 2 L] float32; the network runs in z's number type."""
        check_channels(z, "latent", self.config.latent_dim)
        mean, std = self._statistics(z)
        return self.decoder(z).float() * std + mean

    def _statistics(self, like: Tensor) -> tuple[Tensor, Tensor]:
        return tuple(s.to(device=like.device, dtype=torch.float32) for s in (self.data_mean, self.data_std))
