"""Everything together against the reference: weight files on disk -> frames and tokens -> latent -> mel ->
audio, in the four settings (video and text, negative prompt, text alone, picture masked)."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from clip_golden import text_tower, vision_tower
from golden_files import enlarge, golden
from safetensors.torch import save_file

from kling_foley_core.checkpoints import save_bundle, save_own
from kling_foley_core.encoders.sync.synchformer import SynchformerConfig
from kling_foley_core.encoders.text.clip import ClipTextConfig
from kling_foley_core.encoders.visual.clip import VisualConfig
from kling_foley_core.flow import time_grid
from kling_foley_core.pipeline import FoleyPipeline, VideoFeatures

FILE = golden("end_to_end_44k")
SECONDS = FILE.config["duration"]
# Tensors don't tell the heads of networks this small, so these two are saved with their configs.
VISUAL = VisualConfig(
    width=40, layers=2, heads=2, mlp=160, patch=14, image_size=378, input_size=384, projection=32
)
TEXT = ClipTextConfig(width=32, layers=2, heads=2, mlp=128, vocabulary=512, length=77)
SYNC = SynchformerConfig(image_size=224, patch=16, patch_frames=2, dim=32, depth=2, heads=2)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory) -> FoleyPipeline:
    """The golden weights as the files that users have: .pth, raw VAE, weight-normed vocoder below
    `generator`."""
    folder = tmp_path_factory.mktemp("weights")
    torch.save(FILE.weights("w_net."), folder / "network.pth")
    save_file(FILE.weights("w_vae."), folder / "vae.safetensors")
    torch.save({"generator": FILE.weights("w_vocoder.")}, folder / "bigvgan_generator.pt")
    towers = {
        "clip_visual": ("clip_visual", vision_tower(FILE, "w_clip."), VISUAL),
        "clip_text": ("clip_text", text_tower(FILE, "w_clip."), TEXT),
    }
    save_bundle(folder / "clip.safetensors", towers)
    sync = {k.removeprefix("vfeat_extractor."): v for k, v in FILE.weights("w_sync.").items()}
    unused = [k for k in sync if k.startswith("patch_embed.")]
    save_own(
        folder / "sync.safetensors", {k: v for k, v in sync.items() if k not in unused}, "synchformer", SYNC
    )
    return FoleyPipeline.from_pretrained(folder, device="cpu", dtype=torch.float32)


@pytest.fixture(scope="module")
def features(pipeline) -> VideoFeatures:
    frames = {
        "visual": enlarge(FILE["in.clip_frames_u8"], 8),
        "sync": enlarge(FILE["in.sync_frames_u8"], 4),
    }
    return pipeline.encode_frames(frames, SECONDS)


@pytest.mark.parametrize("setting", ["video_text", "negative", "text_only", "mask_clip"])
def test_end_to_end(pipeline, features, setting) -> None:
    given = {
        "text_only": replace(features, visual=None, sync=None),
        "mask_clip": replace(features, visual=None),
    }.get(setting, features)
    text = pipeline.parts.text.encode_ids(FILE["in.token_ids"])
    negative = pipeline.parts.text.encode_ids(FILE["in.negative_token_ids"])
    latent = pipeline.sample(
        given,
        text,
        negative if setting in ("negative", "mask_clip") else None,
        time_grid(FILE.config["num_steps"]),
        FILE.config["cfg_strength"],
        x0=FILE["in.x0"],
    )
    codec = pipeline.parts.codec
    with torch.no_grad():
        mel = codec.decode_mel(latent.transpose(1, 2))
        audio = codec.vocode(mel)
    FILE.check(f"out.{setting}.latent", latent)
    FILE.check(f"out.{setting}.mel", mel)
    FILE.check(f"out.{setting}.audio", audio)
    sound = pipeline.decode(latent, given)
    assert sound.waveform.shape == (1, 1, 44100), (
        "cut to the video's length; mono, as no stereo renderer is here"
    )
