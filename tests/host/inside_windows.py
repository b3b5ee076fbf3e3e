"""Inside ComfyUI's process (see inside.py): context windows on the built-in MODEL against the library's
network on each window by itself."""

from __future__ import annotations

from fractions import Fraction

import comfy.context_windows as windows
import torch
from inside import part, seen

FRAMES, LOOKS, MOVES = 80, 14, 40  # latent frames, visual and sync tokens: 1.86 s
SECONDS = Fraction(FRAMES * 1024 - 512, 44100)  # half a latent frame less
CFG, STEPS, SEED = 4.5, 6, 3


def features(config):
    draw = torch.Generator().manual_seed(1)
    visual = torch.randn(1, LOOKS, config.visual_dim, generator=draw)
    sync = torch.randn(1, MOVES, config.sync_dim, generator=draw)
    return visual, sync, torch.randn(1, config.text_len, config.text_dim, generator=draw)


def hosted(config, window: int, schedule: str, stride: int = 1) -> torch.Tensor:
    """The latent by our sampler node, with the host's handler as its node sets it up."""
    networks, sampling = part("nodes.host.networks"), part("nodes.sampling")
    visual, sync, text = features(config)
    looked = seen("visual", visual, SECONDS), seen("sync", sync, SECONDS)
    positive, negative, *_ = (
        part("nodes.conditioning").Conditioning.execute(8.0, 0.0, 0.0, [[text, {}]], None, *looked).result
    )
    model = networks.hosted_model(networks.SMALL_CHOICE)
    given = {
        "context_length": window,
        "context_overlap": 0,
        "context_stride": stride,
        "closed_loop": True,
        "dim": 2,
    }
    handler = windows.IndexListContextHandler(
        windows.get_matching_context_schedule(schedule), windows.get_matching_fuse_method("flat"), **given
    )
    handler.causal_window_fix = False  # older hosts have none; it gives every window one frame more to see
    model.model_options["context_handler"] = handler
    latent = {"samples": torch.zeros(1, config.latent_dim, FRAMES)}
    (sampled,) = sampling.Sampler.execute(model, positive, negative, latent, STEPS, CFG, SEED).result
    return sampled["samples"]


@torch.inference_mode()
def two_halves() -> dict[str, float]:
    """Two windows without overlap are two clips of half the length, but for text and the global vector."""
    flow, mmdit, checkpoints = (part(f"kling_foley_core.{n}") for n in ("flow", "mmdit", "checkpoints"))
    library = checkpoints.load_network(part("nodes.host.networks").BUILT_IN, "mmdit", dtype=torch.float32)
    config = library.config
    visual, sync, text = features(config)
    whole = mmdit.Features.of(SECONDS, visual=visual, sync=sync, text=text)
    branches = [library.condition(f, FRAMES) for f in (whole, whole.without_video().with_text(None))]

    def half(conditions, frames: slice, looks: slice):
        return conditions._replace(align=conditions.align[:, frames], visual=conditions.visual[:, looks])

    middle, look = FRAMES // 2, LOOKS // 2
    cuts = (slice(0, middle), slice(0, look)), (slice(middle, None), slice(look, None))
    velocities = [
        (frames, flow.guided(library, *(half(c, frames, looks) for c in branches), CFG))
        for frames, looks in cuts
    ]

    def velocity(x, t):
        return torch.cat([guided(x[:, frames], t) for frames, guided in velocities], dim=1)

    x = flow.euler(velocity, flow.noise(SEED, 1, config.latent_dim, FRAMES), flow.time_grid(STEPS))
    expected = library.unnormalize(x).transpose(1, 2)
    found = hosted(config, middle, "batched")
    return {
        "difference": (found - expected).abs().max().item(),
        "deviation": expected.std().item(),
        "from_unwindowed": (hosted(config, FRAMES, "batched") - expected).abs().max().item(),
        "wrapped": hosted(config, 37, "looped_uniform", 2).std().item(),
    }


def tokens() -> dict[str, list[int]]:
    """Which visual tokens a window gets."""
    on_screen = part("nodes.host.windows").tokens_on_screen
    return {
        "all": on_screen(torch.arange(FRAMES), FRAMES, LOOKS).tolist(),
        "middle": on_screen(torch.arange(23, 57), FRAMES, LOOKS).tolist(),
        "wrapped": on_screen(torch.arange(60, 100) % FRAMES, FRAMES, LOOKS).tolist(),
        "every_second": on_screen(torch.arange(0, FRAMES, 2), FRAMES, LOOKS).tolist(),
        "one_frame": on_screen(torch.tensor([79]), FRAMES, LOOKS).tolist(),
    }


CHECKS = (two_halves, tokens)
