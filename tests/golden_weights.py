"""The end-to-end golden weights as files that users have: MMAudio's networks at reduced width."""

from __future__ import annotations

from pathlib import Path

import torch
from clip_golden import text_tower, vision_tower
from golden_files import golden
from safetensors.torch import save_file

from kling_foley_core.checkpoints import save_bundle, save_own
from kling_foley_core.encoders.sync.synchformer import SynchformerConfig
from kling_foley_core.encoders.text.clip import ClipTextConfig
from kling_foley_core.encoders.visual.clip import VisualConfig

# Tensors don't tell the heads of networks this small, so these two are saved with their configs.
VISUAL = VisualConfig(
    width=40, layers=2, heads=2, mlp=160, patch=14, image_size=378, input_size=384, projection=32
)
TEXT = ClipTextConfig(width=32, layers=2, heads=2, mlp=128, vocabulary=512, length=77)
SYNC = SynchformerConfig(image_size=224, patch=16, patch_frames=2, dim=32, depth=2, heads=2)


def write_weight_files(
    folder: Path,
    network: str = "network.pth",
    vae: str = "vae.safetensors",
    vocoder: str = "bigvgan_generator.pt",
    clip: str = "clip.safetensors",
    sync: str = "sync.safetensors",
) -> None:
    """.pth or safetensors, raw VAE, weight-normed vocoder below `generator`, under these names."""
    file = golden("end_to_end_44k")
    folder.mkdir(parents=True, exist_ok=True)
    flow = file.weights("w_net.")
    if network.endswith(".safetensors"):
        save_file(flow, folder / network)
    else:
        torch.save(flow, folder / network)
    save_file(file.weights("w_vae."), folder / vae)
    torch.save({"generator": file.weights("w_vocoder.")}, folder / vocoder)
    towers = {
        "clip_visual": ("clip_visual", vision_tower(file, "w_clip."), VISUAL),
        "clip_text": ("clip_text", text_tower(file, "w_clip."), TEXT),
    }
    save_bundle(folder / clip, towers)
    state = {k.removeprefix("vfeat_extractor."): v for k, v in file.weights("w_sync.").items()}
    used = {k: v for k, v in state.items() if not k.startswith("patch_embed.")}
    save_own(folder / sync, used, "synchformer", SYNC)
