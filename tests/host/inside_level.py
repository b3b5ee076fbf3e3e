"""Inside ComfyUI's process (see inside.py): a sound's level through encoding, the host's nodes and
decoding."""

from __future__ import annotations

import torch
from inside import part

import nodes

RATE, SECONDS = 44100, 2
LOUD, QUIET = 0.25, 0.0025  # RMS


def sounds() -> torch.Tensor:
    """[2, 1, N]: the same noise, loud and quiet."""
    noise = torch.randn(RATE * SECONDS, generator=torch.Generator().manual_seed(0))
    return torch.stack([LOUD * noise, QUIET * noise])[:, None]


def setting():
    networks, codecs = part("nodes.host.networks"), part("nodes.codec")
    codec = networks.hosted_codec(networks.SMALL_CHOICE, networks.IN_CODEC)
    latent, _ = codecs.CodecEncode.execute(codec, {"waveform": sounds(), "sample_rate": RATE}).result
    return codec, latent, codecs.CodecDecode


def level(audio: dict) -> list[float]:
    """RMS of each item."""
    return audio["waveform"].square().mean((1, 2)).sqrt().tolist()


@torch.inference_mode()
def round_trips() -> dict[str, list[float] | str]:
    """What comes back of the two sounds, of one of them, of both twice, and of what can't be told apart."""
    codec, latent, decode = setting()

    def heard(latent: dict) -> list[float] | str:
        try:
            return level(decode.execute(codec, latent).result[0])
        except Exception as error:
            return str(error)

    pick, repeat = nodes.LatentFromBatch().frombatch, nodes.RepeatLatentBatch().repeat
    return {
        "both": heard(latent),
        "the quiet one": heard(pick(latent, 1, 1)[0]),
        "twice": heard(repeat(latent, 2)[0]),
        "the quiet one twice": heard(repeat(pick(latent, 1, 1)[0], 2)[0]),
        "generated": heard({k: v for k, v in latent.items() if k != part("nodes.host.types").LEVEL}),
    }


@torch.inference_mode()
def kept_part() -> dict[str, list[float]]:
    """Both sounds with their second half made anew by the host's KSampler: RMS of both halves."""
    codec, latent, decode = setting()
    networks, conditioning = part("nodes.host.networks"), part("nodes.conditioning")
    positive, negative, *_ = conditioning.Conditioning.execute(float(SECONDS), 0.0, 0.0).result
    (masked,) = part("nodes.mask").NoiseMask.execute(codec, latent, SECONDS / 2, SECONDS / 2).result
    model = networks.hosted_model(networks.SMALL_CHOICE)
    (sampled,) = nodes.common_ksampler(model, 1, 4, 2.0, "euler", "simple", positive, negative, masked)
    wave = decode.execute(codec, sampled).result[0]["waveform"]
    halves = {"kept": wave[..., : RATE * 9 // 10], "new": wave[..., RATE * 11 // 10 :]}
    return {name: level({"waveform": half}) for name, half in halves.items()}


@torch.inference_mode()
def all_new() -> dict[str, bool]:
    """Whether the level is still there when our sampler made all of the sound, and when it made a part."""
    codec, latent, _ = setting()
    networks, conditioning = part("nodes.host.networks"), part("nodes.conditioning")
    positive, negative, *_ = conditioning.Conditioning.execute(float(SECONDS), 0.0, 0.0).result
    (masked,) = part("nodes.mask").NoiseMask.execute(codec, latent, SECONDS / 2, SECONDS / 2).result
    model, sampler = networks.hosted_model(networks.SMALL_CHOICE), part("nodes.sampling").Sampler
    level = part("nodes.host.types").LEVEL

    def kept(latent: dict) -> bool:
        return level in sampler.execute(model, positive, negative, latent, 1, 0.0, 1).result[0]

    return {"all": kept(latent), "a part": kept(masked)}


CHECKS = (round_trips, kept_part, all_new)
