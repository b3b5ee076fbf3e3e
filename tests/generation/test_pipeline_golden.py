"""Everything together against the reference: weight files on disk -> frames and tokens -> latent -> mel ->
audio, in the four settings (video and text, negative prompt, text alone, picture masked)."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from golden_files import enlarge, golden
from golden_weights import write_weight_files

from kling_foley_core.flow import time_grid
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.generation.video_features import VideoFeatures

FILE = golden("end_to_end_44k")
SECONDS = FILE.config["duration"]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory) -> FoleyPipeline:
    folder = tmp_path_factory.mktemp("weights")
    write_weight_files(folder)
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
