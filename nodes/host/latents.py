"""The LATENT of a sound, [B, C, T] with its exact seconds: made empty, and refused where it can't be one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import comfy.model_management
import torch
from torch import Tensor

from ...kling_foley_core.errors import InputError
from ...kling_foley_core.limits import MAX_BATCH
from ...kling_foley_core.timing import MIN_SECONDS, latent_frames
from .patcher import HostedNetwork
from .types import LEVEL, PARTS, SECONDS, SOURCES

NEXT_TO = 1  # latent frame: what two roundings, of a sampling rate and of a sound's end, can make


def frames_for(seconds: Fraction, sampling_rate: int, hop: int) -> int:
    """Latent frames for a sound of `seconds`; below the least length of a sync segment the rest is cut off at
    the end."""
    return latent_frames(max(seconds, MIN_SECONDS), sampling_rate, hop)


def empty_latent(codec: HostedNetwork, seconds: Fraction, batch_size: int) -> dict[str, Any]:
    """Zeros [batch_size, C, T] that know their exact length and their codec."""
    if not 1 <= batch_size <= MAX_BATCH:
        raise InputError(f"batch_size = {batch_size}: between 1 and {MAX_BATCH} sounds can be made at once.")
    network = codec.network
    shape = (batch_size, network.latent_dim, frames_for(seconds, network.sampling_rate, network.hop))
    samples = torch.zeros(shape, device=comfy.model_management.intermediate_device())
    return {"samples": samples, "type": "audio", SECONDS: seconds, SOURCES: {"vae": codec.source}}


def check_samples(samples: Tensor, channels: int, whose: str) -> None:
    """InputError unless the samples are [B, `channels`, T], as `whose` latents are."""
    if samples.ndim != 3 or samples.shape[1] != channels:
        raise InputError(
            f"latent: its samples are {tuple(samples.shape)}, but {whose} takes [batch, {channels}, frames]; "
            "connect the latent of Foley Conditioning, or a sound from Foley Codec Encode with the model's "
            "own codec."
        )


def check_codec(latent: dict[str, Any], codec: HostedNetwork) -> None:
    """InputError unless the latent is one of this codec's: as many channels alone make no common space."""
    check_samples(latent["samples"], codec.network.latent_dim, "this codec")
    made = latent.get(SOURCES, {}).get("vae", codec.source)
    if made.config != codec.source.config:
        raise InputError(
            f"codec: it is {codec.source.file}, but the latent was made for {made.file}; connect one codec "
            "to both."
        )


def gain_of(latent: dict[str, Any]) -> Tensor:
    """What decoding adds to each of the latent's sounds, in dB [B]. The host's nodes hand the gains on, but
    not as they pick, repeat and join the sounds: InputError for what can't be told apart."""
    count, gains, places = len(latent["samples"]), latent.get(LEVEL), latent.get("batch_index")
    if gains is None:
        return torch.zeros(count)
    if places is None and count % len(gains) == 0:
        return gains.repeat(count // len(gains))
    if count == 1 and places is not None and len(places) == 1 and places[0] < len(gains):
        return gains[places]
    raise InputError(
        f"latent: its {count} sounds were joined, picked or repeated after Foley Codec Encode, which gave "
        f"{len(gains)} level(s), so it is unknown which is whose; decode each alone, or encode all as one "
        "batch."
    )


def with_part(
    latent: dict[str, Any], begin: Fraction, end: Fraction, before: dict[str, Any]
) -> dict[str, Any]:
    """The latent that says that these seconds of it are made anew, and those of the latent `before` it."""
    joined: list[tuple[Fraction, Fraction]] = []
    for part in sorted([*before.get(PARTS, ()), (begin, end)]):
        if joined and part[0] <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], part[1])
        else:
            joined.append(part)
    return latent | {PARTS: tuple(joined)}


def check_mask(latent: dict[str, Any]) -> None:
    """InputError where a noise mask is not of the latent's own frames: the host would stretch it to them."""
    mask, frames = latent.get("noise_mask"), latent["samples"].shape[-1]
    if mask is not None and (mask.ndim != 3 or mask.shape[-1] != frames):
        raise InputError(
            f"latent: its noise mask is {tuple(mask.shape)}, but it has {frames} latent frames; make the "
            "mask by Foley Noise Mask from this latent."
        )
