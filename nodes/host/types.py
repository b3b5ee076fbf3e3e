"""The pack's own sockets, where the host has none, and the Python values that travel on them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from comfy_api.latest import io
from torch import Tensor

from ...kling_foley_core.codec import MelConfig
from ...kling_foley_core.systems.compatibility import Source

CATEGORY = "audio/foley"

FoleyCodecSocket = io.Custom("FOLEY_CODEC")
TextEncoderSocket = io.Custom("FOLEY_TEXT_ENCODER")
VisualEncoderSocket = io.Custom("FOLEY_VISUAL_ENCODER")
SyncEncoderSocket = io.Custom("FOLEY_SYNC_ENCODER")
VisualFeaturesSocket = io.Custom("FOLEY_VISUAL_FEATURES")
SyncFeaturesSocket = io.Custom("FOLEY_SYNC_FEATURES")
MelSocket = io.Custom("FOLEY_MEL")
StereoSocket = io.Custom("FOLEY_STEREO")


@dataclass(frozen=True)
class VideoFeatures:
    """What an encoder saw of a video: tokens [1, N, D], the seconds that they stand for (exact), and the
    encoder."""

    tokens: Tensor
    seconds: Fraction
    source: Source


@dataclass(frozen=True)
class Mel:
    """A log-mel spectrogram [B, n_mels, T], how it was made, and the VAE that it is for or from."""

    log_mel: Tensor
    config: MelConfig
    source: Source


# The exact length, a Fraction, in a LATENT's dictionary: samplers and latent nodes hand unknown keys on.
SECONDS = "foley_seconds"
# What decoding has to add to each sound of a LATENT from Foley Codec Encode, in dB [B], in its dictionary.
LEVEL = "foley_level_db"
# What of a LATENT's sound is or was made anew, in its dictionary: ((from, to), ...) in seconds, Fractions.
PARTS = "foley_parts"
# The networks that a CONDITIONING or a LATENT was made with, in its dictionary: part -> Source.
SOURCES = "foley_sources"
