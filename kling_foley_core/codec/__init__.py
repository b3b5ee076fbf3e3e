"""The codec: wave to mel to latent, and back to a wave (paper section 4.5)."""

from __future__ import annotations

from .bigvgan import BigVGAN, BigVGANConfig
from .codec import FoleyCodec
from .filterbank import MelConfig
from .istft_vocoder import ISTFTVocoder, ISTFTVocoderConfig
from .mel import LogMel
from .vae import MelVAE, MelVAEConfig, Posterior

__all__ = [
    "BigVGAN",
    "BigVGANConfig",
    "FoleyCodec",
    "ISTFTVocoder",
    "ISTFTVocoderConfig",
    "LogMel",
    "MelConfig",
    "MelVAE",
    "MelVAEConfig",
    "Posterior",
]
