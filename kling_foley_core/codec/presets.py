"""Every codec shape we know, released or of the paper, with the number of values its state dict holds.

The 16k and 44k rows are public files (specification 6 and 7). The paper states 44.1 kHz, a 43 Hz latent, 32
stacked 1-D convolutions and a decoder with transposed convolution (section 4.5, fact sheet 4); bands, widths
and latent width of VAE_KLING are its family's. The SMALL rows are ours: made to train and run on a CPU.
"""

from __future__ import annotations

from ..timing import MEL_PER_LATENT
from .bigvgan import BigVGANConfig
from .filterbank import MelConfig
from .istft_vocoder import ISTFTVocoderConfig
from .vae import MelVAEConfig

MEL_16K = MelConfig(sampling_rate=16000, n_fft=1024, hop=256, n_mels=80, fmin=0, fmax=8000, log="log10")
MEL_44K = MelConfig(sampling_rate=44100, n_fft=2048, hop=512, n_mels=128, fmin=0, fmax=22050, log="ln")
MELS = {mel.n_mels: mel for mel in (MEL_16K, MEL_44K)}  # the bands of a VAE tell its mel
LATENT_RATE_44K = MEL_44K.sampling_rate / MEL_44K.hop / MEL_PER_LATENT  # 43.07 latent frames a second

VAE_16K = MelVAEConfig(
    n_mels=80,
    latent_dim=20,
    width=384,
    multipliers=(1, 2, 4),
    encoder_blocks=2,
    decoder_blocks=3,
    attention=True,
    upsampling="nearest",
)
VAE_44K = MelVAEConfig(
    n_mels=128,
    latent_dim=40,
    width=512,
    multipliers=(1, 2, 4),
    encoder_blocks=2,
    decoder_blocks=3,
    attention=True,
    upsampling="nearest",
)

# How the 32 convolutions are counted: the first, 3 levels x 4 residual blocks x 2, 2 in the step in time, 2 x
# 2 in the
# middle, the last. Shortcuts of width 1 aren't counted. The decoder has the same 32, one of them transposed.
# Width 384 is that of Make-An-Audio 2, which the paper's encoder follows.
VAE_KLING = MelVAEConfig(
    n_mels=128,
    latent_dim=40,
    width=384,
    multipliers=(1, 2, 4),
    encoder_blocks=4,
    decoder_blocks=4,
    attention=False,
    upsampling="transposed",
)

# Equal widths: with so few parameters a narrow level at the mel's own rate would be the bottleneck. No
# attention, so a sound of any length is encoded alike.
VAE_SMALL = MelVAEConfig(
    n_mels=128,
    latent_dim=16,
    width=160,
    multipliers=(1, 1, 1),
    encoder_blocks=2,
    decoder_blocks=4,
    attention=False,
    upsampling="nearest",
)

BIGVGAN_16K = BigVGANConfig(
    n_mels=80,
    width=1536,
    upsample_rates=(4, 4, 2, 2, 2, 2),
    upsample_kernels=(8, 8, 4, 4, 4, 4),
    residual_kernels=(3, 7, 11),
    dilations=(1, 3, 5),
    final_bias=True,
    final="tanh",
)
BIGVGAN_44K = BigVGANConfig(
    n_mels=128,
    width=1536,
    upsample_rates=(8, 4, 2, 2, 2, 2),
    upsample_kernels=(16, 8, 4, 4, 4, 4),
    residual_kernels=(3, 7, 11),
    dilations=(1, 3, 5),
    final_bias=False,
    final="clamp",
)

ISTFT_SMALL = ISTFTVocoderConfig(n_mels=128, n_fft=2048, hop=512, width=256, inner=1024, layers=5, kernel=7)

# RMS in dBFS of the sounds that a VAE of this shape learned: Foley World's middle one. MMAudio's VAEs learned
# recordings of any level, and take a sound as it is.
LEARNED_DB = {VAE_SMALL: -35.0}

# Values of all tensors in the state dict: parameters, the mel statistics of a VAE and the filters of a
# BigVGAN.
VALUES = {
    "VAE_16K": 171_657_378,
    "VAE_44K": 305_479_938,
    "VAE_KLING": 210_088_194,
    "VAE_SMALL": 3_653_378,
    "BIGVGAN_16K": 112_202_089,
    "BIGVGAN_44K": 122_155_368,
    "ISTFT_SMALL": 3_530_371,
}
