"""A complete system that is not `small`, and so taken to make music: its parts, with another flow network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from kling_foley_core.checkpoints import load_network, save_own
from kling_foley_core.presets import SMALL
from kling_foley_core.systems.assembly import untrained
from kling_foley_core.weights import BUILT_IN

KINDS = {"text": "t5", "visual": "clip_visual", "sync": "synchformer", "vae": "vae", "vocoder": "vocoder"}
GENERATOR = replace(SMALL.generator, joint_depth=1, audio_depth=1)


def musical_system(folder: Path) -> Path:
    """Seeded weights in the flow network, those of `small` elsewhere; without a stereo renderer."""
    folder.mkdir()
    generator = untrained(replace(SMALL, generator=GENERATOR), "generator")
    draw = torch.Generator().manual_seed(0)
    state = {n: 0.02 * torch.randn(t.shape, generator=draw) for n, t in generator.state_dict().items()}
    save_own(folder / "generator.safetensors", state, "mmdit", GENERATOR)
    for part, kind in KINDS.items():
        network = load_network(BUILT_IN, kind)
        save_own(folder / f"{part}.safetensors", network.state_dict(), kind, network.config)
    return folder
