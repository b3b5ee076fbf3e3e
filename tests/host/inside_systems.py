"""Inside ComfyUI's process (see inside.py): networks that don't belong together, number types, and what Load
Foley System gives."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import torch
from comfy_api.latest import InputImpl, Types
from inside import part, seen

SECONDS = Fraction(9, 10)  # 39 latent frames


def told(function: Any, *given: Any, **more: Any) -> str:
    """The message of the InputError, or "nothing"."""
    try:
        function(*given, **more)
    except part("kling_foley_core.errors").InputError as error:
        return str(error)
    return "nothing"


def source(file: str, preset: str, name: str) -> Any:
    config = getattr(part("kling_foley_core.presets").PRESETS[preset], name)
    return part("kling_foley_core.systems.compatibility").Source(file, config)


@torch.inference_mode()
def mismatches() -> dict[str, Any]:
    """An MMAudio MODEL with everything else of `small`; a codec and a renderer of others."""
    networks, small = part("nodes.host.networks"), part("nodes.host.networks").SMALL_CHOICE
    preset = part("kling_foley_core.presets").SMALL
    model, codec = networks.hosted_model(small), networks.hosted_codec(small, networks.IN_CODEC)
    model.model.source = source("mmaudio_large_44k_v2.pth", "mmaudio_large_44k_v2", "generator")
    text = part("nodes.text").TextEncode.execute(networks.hosted_text_encoder(small), "a bell").result[0]
    visual, sync = (
        seen(name, torch.zeros(1, 8, width), SECONDS)
        for name, width in (("visual", preset.visual.projection), ("sync", preset.sync.dim))
    )
    positive, negative, latent, _ = (
        part("nodes.conditioning").Conditioning.execute(8.0, 0.0, 0.0, text, None, visual, sync, codec).result
    )
    sample = part("nodes.sampling").Sampler.execute
    decode, stereo = part("nodes.codec").CodecDecode.execute, networks.hosted_stereo(small)
    audio, mel = decode(codec, latent).result
    synchformer = source("synchformer.pth", "mmaudio_large_44k", "sync")
    large = replace(sync, tokens=torch.zeros(1, 8, 768), source=synchformer)
    render = part("nodes.stereo").StereoRender.execute
    found = {
        "sampler": told(sample, model, positive, negative, latent, 2, 0.0, 1),
        "stereo": told(render, stereo, audio, mel, large),
        "no stereo": render(None, audio, mel, large).result[0] is audio,
    }
    codec.source = source("v1-44.pth", "mmaudio_large_44k", "vae")
    return found | {"codec": told(decode, codec, latent)}


@torch.inference_mode()
def precisions() -> dict[str, Any]:
    """The types of weights and of computation by choice, and how far two steps' latent is from fp32's, in
    deviations."""
    networks, small = part("nodes.host.networks"), part("nodes.host.networks").SMALL_CHOICE
    positive, negative, *_ = part("nodes.conditioning").Conditioning.execute(0.9, 0.0, 0.0).result
    sample, latents, found = part("nodes.sampling").Sampler.execute, {}, {}
    for choice in ("auto", "fp32", "bf16", "fp16", "fp8"):
        model = networks.hosted_model(small, choice)
        text = networks.hosted_text_encoder(small, choice)
        latent = {"samples": torch.zeros(1, model.model.latent_format.latent_channels, 39)}
        latents[choice] = sample(model, positive, negative, latent, 2, 0.0, 1).result[0]["samples"]
        found[choice] = {
            "model": kept(model.model.diffusion_model),
            "text": [*kept(text.network), str(text.place.compute)],
            "visual": kept(networks.hosted_visual_encoder(small, choice).network),
            "sync": kept(networks.hosted_sync_encoder(small, choice).network),
            "tokens": text.run(lambda n, t=text: n.encode(["a bell"], **t.where)).isfinite().all().item(),
        }
    plain = latents["fp32"]
    for choice, latent in latents.items():
        found[choice]["away"] = ((latent - plain).square().mean().sqrt() / plain.std()).item()
    return found


def kept(network: Any) -> list[str]:
    """The number types of its weights."""
    return sorted({str(p.dtype) for p in network.parameters()})


def loaded() -> dict[str, Any]:
    """What Load Foley System gives of the built-in system."""
    part("nodes.host.folders").register_folders()
    out = part("nodes.system").SystemLoader.execute(part("nodes.host.networks").SMALL_CHOICE, "bf16").result
    model, *others, stereo_sync = out
    return {
        "model": model.model.source.file,
        "networks": [type(o.network).__name__ for o in others],
        "one sync encoder": stereo_sync is others[2],
        "precision": [kept(model.model.diffusion_model), kept(others[1].network), kept(others[3].network)],
    }


def entries() -> dict[str, Any]:
    """Entries of the list for a system with a part that does not fit and one that is not there, and which
    system they mean where another's name begins alike."""
    node, kind = part("nodes.system"), part("kling_foley_core.systems.search").System
    lacking = kind(
        "a.pth", {}, {"vae": "codec (VAE) b.pth has 20 latent channels ...", "vocoder": "vocoder: ..."}
    )
    whole = kind("a.pth lacks nothing.pth", {}, {})
    node.systems, kept = lambda folders: [lacking, whole], node.systems
    try:
        meant = node.system_of(whole.name).name
        refused = node.SystemLoader.validate_inputs(node.entry_of(lacking))
    finally:
        node.systems = kept
    wired = node.SystemLoader.validate_inputs()
    return {"entry": node.entry_of(lacking), "meant": meant, "refused": refused, "wired": wired}


@torch.inference_mode()
def notes() -> dict[str, Any]:
    """What nodes show on themselves, and what the sound carries on: of a film that the built-in model sees,
    of words alone, and of a sound longer than the film."""
    networks, small = part("nodes.host.networks"), part("nodes.host.networks").SMALL_CHOICE
    codec, stereo = networks.hosted_codec(small, networks.IN_CODEC), networks.hosted_stereo(small)
    condition = part("nodes.conditioning").Conditioning.execute
    decode, render = part("nodes.codec").CodecDecode.execute, part("nodes.stereo").StereoRender.execute
    shown = []
    sys.modules["server"] = SimpleNamespace(
        PromptServer=SimpleNamespace(
            instance=SimpleNamespace(send_progress_text=lambda text, node: shown.append([node, text]))
        )
    )
    for node in (part("nodes.conditioning").Conditioning, part("nodes.stereo").StereoRender):
        node.hidden = SimpleNamespace(unique_id=node.__name__)
    film = seen("sync", torch.zeros(1, 16, part("kling_foley_core.presets").SMALL.sync.dim), SECONDS)
    of_film = condition(8.0, 0.0, 0.0, sync_features=film, codec=codec).result[2]
    of_words = condition(0.9, 0.0, 0.0, codec=codec).result[2]
    longer = condition(1.4, 0.0, 0.0, codec=codec).result[2]
    sounds = []
    for latent in (of_film, of_words, longer):
        audio, mel = decode(codec, latent).result
        sounds.append(render(stereo, audio, mel, film).result[0].get("foley_note"))
    images = InputImpl.VideoFromComponents(
        Types.VideoComponents(images=torch.zeros(25, 16, 16, 3), audio=None, frame_rate=Fraction(25))
    )
    mux = part("nodes.video").VideoWithSound
    mux.hidden = SimpleNamespace(unique_id="VideoWithSound")
    for seconds in (2.0, 0.5, 0.95):
        sound = {"waveform": torch.zeros(1, 1, round(seconds * 44100)), "sample_rate": 44100}
        mux.execute(images, sound)
    mux.execute(images, {"waveform": torch.zeros(3, 1, 44100), "sample_rate": 44100.0})
    del sys.modules["server"]
    return {"shown": shown, "carried": sounds}


CHECKS = (mismatches, precisions, loaded, notes, entries)
