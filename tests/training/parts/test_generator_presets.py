"""Every preset takes a whole training step on shards of its own shapes, at reduced depth: at its real width
where that needs little memory (all with KLING_FOLEY_WIDE=1: up to 20 GB), else at a smaller one."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from training_shards import setting

from kling_foley_core.checkpoints import recognise
from kling_foley_core.data.shards import Header, Sample, write_header, write_shard
from kling_foley_core.encoders.sync.motion import MotionConfig, token_count
from kling_foley_core.presets import PRESETS, Preset
from kling_foley_core.timing import latent_frames
from kling_foley_core.training.parts.generator import FILE, build
from kling_foley_core.training.recipe import recipe_source

SECONDS, WIDEST = 0.8, 448
CHANGES = [
    "run.steps=1",
    "run.activation_checkpointing=true",
    f"crops.seconds={SECONDS}",
    "crops.batch=1",
    "guidance.start=0",
    "guidance.warm_up=0",
]


def shards_for(preset: Preset, folder: Path) -> Path:
    """Noise in the preset's shapes, labelled."""
    every_frame, config = isinstance(preset.sync, MotionConfig), preset.generator
    rate, hop, draw = preset.mel.sampling_rate, preset.mel.hop, np.random.default_rng(0)
    shapes = {
        "latent": (2, latent_frames(SECONDS, rate, hop), config.latent_dim),
        "visual": (6, config.visual_dim),
        "sync": (20 if every_frame else token_count(20), config.sync_dim),
        "text": (config.text_len, config.text_dim),
    }
    write_header(folder, Header(tuple(shapes), {}, every_frame, rate, hop, "noise"))
    samples = []
    for i, split in enumerate(("train", "held_out", "held_out")):
        arrays = {name: np.abs(draw.normal(size=shape)).astype("<f2") for name, shape in shapes.items()}
        labels = (("impact", 0.1, 0.2),)
        samples.append(Sample(f"s{i}", "noise", SECONDS, 0.0, SECONDS, split, labels, {}, arrays))
    write_shard(folder, 0, samples)
    return folder


@pytest.mark.parametrize("name", PRESETS)
def test_a_whole_step(tmp_path, name) -> None:
    whole = PRESETS[name]
    config = replace(whole.generator, joint_depth=1, audio_depth=1)
    if config.hidden_dim > WIDEST and "KLING_FOLEY_WIDE" not in os.environ:
        config = replace(config, hidden_dim=128, num_heads=2)
    preset = replace(whole, generator=config)
    source = recipe_source(None, "generator", CHANGES)
    t, run = build(source, setting(tmp_path, preset=preset, data=(shards_for(preset, tmp_path / "data"),)))
    before = t.net.final_layer.conv.weight.detach().clone()
    figures = t.step(0)
    assert set(figures) == {"loss", "auxiliary", "guidance", "classifier", "norm"}
    assert all(bool(torch.isfinite(torch.as_tensor(v)).all()) for v in figures.values())
    assert not torch.equal(before, t.net.final_layer.conv.weight)
    assert all(p.grad is not None for p in t.networks.parameters()), "DDP waits for all of them"
    if config.hidden_dim <= WIDEST:
        t.export(tmp_path)
        assert recognise(tmp_path / FILE).kind == "mmdit"
