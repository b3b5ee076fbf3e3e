"""Inside ComfyUI's process (see inside.py): what the sampler, the codec and the mask say of latents of other
lengths, rates and kinds, and how near a latent of another rounding comes."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import torch
from inside import part, seen

RATE = 44100
NINE = Fraction(9, 10)  # seconds; 39 latent frames


def told(function: Any, *given: Any) -> str:
    """The message of the InputError, or "nothing"."""
    try:
        function(*given)
    except part("kling_foley_core.errors").InputError as error:
        return str(error)
    return "nothing"


def conditions(seconds: Fraction, **more: Any) -> Any:
    return part("nodes.conditioning").Conditioning.execute(float(seconds), 0.0, 0.0, **more).result


def sampler() -> Any:
    """latent -> the latent that the built-in model makes of it in two steps, for NINE."""
    networks = part("nodes.host.networks")
    model, (positive, negative, *_) = networks.hosted_model(networks.SMALL_CHOICE), conditions(NINE)
    run = part("nodes.sampling").Sampler.execute
    return lambda latent: run(model, positive, negative, latent, 2, 0.0, 1).result[0]


@torch.inference_mode()
def lengths() -> dict[str, str]:
    """What the sampler says of latents for conditions of NINE seconds."""
    networks, sampled = part("nodes.host.networks"), sampler()
    codec = networks.hosted_codec(networks.SMALL_CHOICE, networks.IN_CODEC)
    encode, empty = part("nodes.codec").CodecEncode, part("nodes.latent").EmptyFoleyLatent
    channels = codec.network.latent_dim

    def sound(seconds):
        wave = 0.1 * torch.randn(1, 1, round(seconds * RATE), generator=torch.Generator().manual_seed(0))
        return encode.execute(codec, {"waveform": wave, "sample_rate": RATE}).result[0]

    def mask(*shape):
        return empty.execute(codec, 0.9, 1).result[0] | {"noise_mask": torch.ones(shape)}

    return {
        "its own": told(sampled, conditions(NINE, codec=codec, batch_size=3)[2]),
        "empty of as many seconds": told(sampled, empty.execute(codec, 0.9, 1).result[0]),
        "a sound of the clip's length": told(sampled, sound(NINE)),
        "a sound one sample longer": told(sampled, sound(NINE + Fraction(1, RATE))),
        "a sound one frame longer": told(sampled, sound(NINE + Fraction(1024, RATE))),
        "a sound two frames longer": told(sampled, sound(NINE + Fraction(2048, RATE))),
        "8 s": told(sampled, empty.execute(codec, 8.0, 1).result[0]),
        "0.7 s": told(sampled, empty.execute(codec, 0.7, 1).result[0]),
        "16 kHz": told(sampled, {"samples": torch.zeros(1, 20, 29)}),
        "16 kHz, a sound": told(sampled, {"samples": torch.ones(1, 20, 29)}),
        "a picture": told(sampled, {"samples": torch.zeros(1, channels, 8, 8)}),
        "mask": told(sampled, mask(1, 1, 39)),
        "mask of another length": told(sampled, mask(1, 1, 20)),
        "mask of a picture": told(sampled, mask(1, 1, 8, 8)),
    }


@torch.inference_mode()
def nearness() -> dict[str, float]:
    """Largest difference of the conditions of each frame between a latent of the right length and one of a
    frame more or less, over the frames that both have."""
    networks = part("nodes.host.networks")
    model, (positive, _, latent, *_) = (
        networks.hosted_model(networks.SMALL_CHOICE),
        conditions(
            NINE, codec=networks.hosted_codec(networks.SMALL_CHOICE, networks.IN_CODEC), sync_features=moves()
        ),
    )
    shape, extra = latent["samples"].shape, positive[0][1]

    def frames(count):
        noise = torch.zeros(*shape[:2], count)
        given = extra | {"cross_attn": None, "noise": noise, "device": "cpu", "prompt_type": "positive"}
        return model.model.extra_conds(**given)["align"].cond

    right = frames(shape[-1])
    found = {"frames": shape[-1], "moving": (right[:, 1:] - right[:, :-1]).abs().max().item()}
    for name, count in (("less", shape[-1] - 1), ("more", shape[-1] + 1)):
        other = frames(count)
        both = min(count, shape[-1])
        found[name] = (other[:, :both] - right[:, :both]).abs().max().item()
    return found


def moves() -> Any:
    dim = part("kling_foley_core.presets").SMALL.sync.dim
    tokens = torch.randn(1, 16, dim, generator=torch.Generator().manual_seed(1))
    return seen("sync", tokens, NINE)


@torch.inference_mode()
def codec_and_mask() -> dict[str, str]:
    """What Foley Codec Decode and Foley Noise Mask say of latents that the codec can't decode."""
    networks = part("nodes.host.networks")
    codec = networks.hosted_codec(networks.SMALL_CHOICE, networks.IN_CODEC)
    decode, mask = part("nodes.codec").CodecDecode.execute, part("nodes.mask").NoiseMask.execute
    picture, other = {"samples": torch.zeros(1, 16, 8, 8)}, {"samples": torch.zeros(1, 20, 29)}
    return {
        "decode a picture": told(decode, codec, picture),
        "decode 16 kHz": told(decode, codec, other),
        "mask a picture": told(mask, codec, picture, 0.0, 1.0),
    }


def guidance() -> dict[str, float]:
    """The weight that the sampler node uses where it is left at 0, against the number typed."""
    networks, used = part("nodes.host.networks"), []
    sampling = part("nodes.sampling")
    model, (positive, negative, *_) = networks.hosted_model(networks.SMALL_CHOICE), conditions(NINE)
    kept, none = sampling.guider_of, SimpleNamespace(sample=lambda noise, *rest, **more: noise)
    sampling.guider_of = lambda model, positive, negative, cfg, picture_cfg: used.append(cfg) or none
    latent = {"samples": torch.zeros(1, model.model.latent_format.latent_channels, 39)}
    try:
        for typed in (0.0, 3.5):
            sampling.Sampler.execute(model, positive, negative, latent, 2, typed, 1)
        large = part("kling_foley_core.presets").PRESETS["mmaudio_large_44k_v2"].generator
        model.model.source = part("kling_foley_core.systems.compatibility").Source("large.pth", large)
        sampling.Sampler.execute(model, positive, negative, latent, 2, 0.0, 1)
    finally:
        sampling.guider_of = kept
    return dict(zip(("small", "typed", "mmaudio"), used, strict=True))


CHECKS = (lengths, nearness, codec_and_mask, guidance)
