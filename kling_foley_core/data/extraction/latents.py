"""A sound to the codec's latents, as the generator is to make them.

    int16 [C, N] -> float16 [2, L, D]: mean and deviation; L = ceil(seconds * latents a second)

Mono is the mean of the channels. Level: a generated latent is decoded as it is, so a sound's level is learned
from its latents, and they keep it (a film's sound to be continued is different: the codec takes its level
off and gives it back, codec/level.py). Only what is louder than all that a VAE learned is brought down to its
loudest, by one gain for the sample, kept as `facts["gain_db"]`: there the VAE blurs. MMAudio's VAEs, and
those trained on recordings, take any level. Our choice; the paper is silent.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from ...codec.level import decibels, rms, with_gain
from ...timing import MEL_PER_LATENT, latent_frames
from .networks import FrozenNetworks
from .raw import floating

# dB between the middle and the loudest sound that a VAE learned: 300 training scenes of Foley World have -34
# dBFS in the middle, -23.5 at 99 %, -21.2 at most.
LOUDEST_OVER_MIDDLE = 14.0


def latent_of(sound: np.ndarray, seconds: float, networks: FrozenNetworks) -> tuple[np.ndarray, float]:
    """-> the posterior, and the gain in dB that the sound was given."""
    config = networks.mel.config
    wave = floating(sound).mean(0)[None, None].to(networks.device)
    gain = torch.zeros(1)
    if networks.learned_db is not None:
        loudest = networks.learned_db + LOUDEST_OVER_MIDDLE
        gain = (loudest - decibels(rms(wave)).cpu()).clamp(max=0.0)
    mel = networks.mel(with_gain(wave, gain)[0])
    frames = MEL_PER_LATENT * latent_frames(seconds, config.sampling_rate, config.hop)
    # What is after the end is not silence in a film that goes on: the last mel frame is held.
    mel = F.pad(mel, (0, max(frames - mel.shape[-1], 0)), mode="replicate")[..., :frames]
    posterior = networks.vae.encode(mel)
    latent = torch.cat([posterior.mean, posterior.std]).transpose(1, 2)
    return latent.to("cpu", torch.float16).numpy(), float(gain)
