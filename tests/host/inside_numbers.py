"""Inside ComfyUI's process (see inside.py): hosted networks against the library's own on the same weights."""

from __future__ import annotations

import torch
from inside import part, seen


@torch.inference_mode()
def model_and_library() -> dict[str, float]:
    """The built-in MODEL under the host's sampler against the library's own loops on the same file and
    noise."""
    networks, sampling = part("nodes.host.networks"), part("nodes.sampling")
    conditioning = part("nodes.conditioning")
    flow, mmdit, checkpoints = (part(f"kling_foley_core.{n}") for n in ("flow", "mmdit", "checkpoints"))
    library = checkpoints.load_network(networks.BUILT_IN, "mmdit", dtype=torch.float32)
    config, length = library.config, 44
    draw = torch.Generator().manual_seed(1)
    visual = torch.randn(1, 8, config.visual_dim, generator=draw)
    sync = torch.randn(1, 24, config.sync_dim, generator=draw)
    text = torch.randn(1, config.text_len, config.text_dim, generator=draw)
    features = mmdit.Features.of(1.0, visual=visual, sync=sync, text=text)
    branches = [library.condition(f, length) for f in (features, features.without_video().with_text(None))]
    field, x0 = flow.guided(library, *branches, 4.5), flow.noise(3, 1, config.latent_dim, length)
    expected, adams = (
        library.unnormalize(solver.follow(field, x0, solver.times(), lambda *_: None)).transpose(1, 2)
        for solver in map(flow.solver_of, ("euler", "adams"))
    )

    positive, negative, *_ = conditioning.Conditioning.execute(
        8.0, 0.0, 0.0, [[text, {}]], None, seen("visual", visual, 1), seen("sync", sync, 1)
    ).result
    latent = {"samples": torch.zeros(1, config.latent_dim, length)}
    model = networks.hosted_model(networks.SMALL_CHOICE)
    (sampled,) = sampling.Sampler.execute(model, positive, negative, latent, 20, 4.5, 3).result
    ours = sampling.Sampler.execute(model, positive, negative, latent, 8, 4.5, 3, solver="adams").result[0]
    return {
        "adams": (ours["samples"] - adams).abs().max().item(),
        "difference": (sampled["samples"] - expected).abs().max().item(),
        "deviation": expected.std().item(),
        "unconverted": (sampled["samples"] + expected).abs().max().item(),
    }


@torch.inference_mode()
def batch_and_mask() -> dict[str, float]:
    """A batch of two, and a noise mask that keeps the first half of an encoded latent."""
    networks, sampling = part("nodes.host.networks"), part("nodes.sampling")
    conditioning = part("nodes.conditioning")
    model = networks.hosted_model(networks.SMALL_CHOICE)
    positive, negative, *_ = conditioning.Conditioning.execute(0.92, 0.0, 0.0).result
    channels = model.model.latent_format.latent_channels
    kept = torch.randn(2, channels, 40, generator=torch.Generator().manual_seed(5))
    mask = torch.ones(1, 1, 40)
    mask[..., :20] = 0
    latent = {"samples": kept.clone(), "noise_mask": mask}
    (out,) = sampling.Sampler.execute(model, positive, negative, latent, 4, 2.0, 9).result
    samples = out["samples"]
    four = {"samples": kept.repeat(2, 1, 1), "noise_mask": mask.repeat(2, 1, 1)}  # fewer masks than sounds
    (varied,) = sampling.Sampler.execute(model, positive, negative, four, 4, 2.0, 9, 0.5).result
    return {
        "four_kept": (varied["samples"][..., :20] - four["samples"][..., :20]).abs().max().item(),
        "kept": (samples[..., :20] - kept[..., :20]).abs().max().item(),
        "changed": (samples[..., 20:] - kept[..., 20:]).abs().mean().item(),
        "items_differ": (samples[0, :, 20:] - samples[1, :, 20:]).abs().mean().item(),
        "input_untouched": (latent["samples"] - kept).abs().max().item(),
    }


@torch.inference_mode()
def hosted_networks() -> dict[str, float]:
    """Each side network in the host's layers against the same weights in torch.nn's, relative to the output's
    size."""
    networks, checkpoints = part("nodes.host.networks"), part("kling_foley_core.checkpoints")
    small, draw = part("kling_foley_core.presets").SMALL, torch.Generator().manual_seed(2)
    mel = torch.randn(1, small.mel.n_mels, 40, generator=draw) - 4

    def sees(network):
        size = network.view.size
        frames = torch.randint(
            0, 256, (1, 17, 3, size, size), dtype=torch.uint8, generator=draw.manual_seed(4)
        )
        return network(frames, dtype=torch.float32)

    def reads(network):
        return network.encode(["a dog barks"], dtype=torch.float32)

    cases = {
        "text": ("t5", networks.hosted_text_encoder, reads),
        "visual": ("clip_visual", networks.hosted_visual_encoder, sees),
        "sync": ("synchformer", networks.hosted_sync_encoder, sees),
        "stereo": ("stereo", networks.hosted_stereo, lambda n: n.gains(mel)),
    }
    differences = {}
    for name, (kind, load, function) in cases.items():
        hosted = load(networks.SMALL_CHOICE)
        plain = checkpoints.load_network(networks.BUILT_IN, kind, dtype=torch.float32)
        out, expected = hosted.run(function), function(plain)
        differences[name] = ((out - expected).abs().max() / expected.abs().max()).item()
    return differences


CHECKS = (model_and_library, batch_and_mask, hosted_networks)
