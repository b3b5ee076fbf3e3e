"""An existing sound as the flow knows it: its latent in the network's units, which frames of it are made
anew, and its level.

wave [C, N] -> mono at the codec's rate -> the VAE's mean -> [1, L, C]: nothing is known behind the sound's
end. Silence there would be heard by the VAE and count for the level. The graph does the same by Foley Codec
Encode and Foley Noise Mask or Foley Extend Latent.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..codec import FoleyCodec
from ..codec.level import FAINTEST, rms
from ..media.audio import resample
from .edit import Edit


@dataclass(frozen=True, eq=False)
class Known:
    """latent [1, L, C] in the codec's units; `anew` [L] bool: frames that are made; `gain_db` [1]: what
    decoding adds, so that what is made has the level of the sound it is made from or in."""

    latent: Tensor
    anew: Tensor
    gain_db: Tensor


def known_latent(edit: Edit, codec: FoleyCodec, frames: int) -> Known:
    """Of `frames` latent frames, on the codec's device."""
    wave = resample(edit.wave.detach().float().mean(0)[None, None], edit.rate, codec.sampling_rate)
    wave = F.pad(wave, (0, -wave.shape[-1] % codec.samples_per_latent))
    wave = wave[..., : frames * codec.samples_per_latent].to(next(codec.parameters()).device)
    latent = codec.encode(wave).mean
    gain_db, heard = codec.lost_db(wave, latent), latent.shape[-1]
    if not edit.keeps_anything or rms(wave).item() <= FAINTEST:  # silence has no level for new sound
        gain_db = torch.zeros(1)
    anew = edit.anew(frames, codec.latent_rate)
    anew[heard:] = True
    return Known(F.pad(latent, (0, frames - heard)).transpose(1, 2), anew, gain_db)
