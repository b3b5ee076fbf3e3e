"""Each row of the table is built on the meta device and counted; the networks of a row fit together."""

from __future__ import annotations

import pytest

from kling_foley_core.mmdit import MMDiT
from kling_foley_core.presets import PRESETS, mel_of

PAPER = {
    "kling_foley_1.5b": (23, 17, 1.5e9),
    "kling_foley_3b": (27, 23, 3e9),
    "kling_foley_6b": (27, 32, 6e9),
}


@pytest.mark.parametrize("name", PRESETS)
def test_parameter_count(name) -> None:
    preset = PRESETS[name]
    state = MMDiT(preset.generator, device="meta").state_dict()
    assert sum(t.numel() for t in state.values()) == preset.parameters


@pytest.mark.parametrize("name", PRESETS)
def test_networks_fit_together(name) -> None:
    p = PRESETS[name]
    assert p.generator.text_dim == p.text.width and p.generator.text_len == p.text.length
    assert p.generator.visual_dim == p.visual.projection and p.generator.sync_dim == p.sync.dim
    assert p.generator.latent_dim == p.vae.latent_dim
    assert p.mel.n_mels == p.vae.n_mels == p.vocoder.n_mels and p.mel.hop == p.vocoder.hop
    if p.stereo is not None:
        assert p.stereo.n_mels == p.mel.n_mels and p.stereo.sync_dim == p.sync.dim


@pytest.mark.parametrize("name", PAPER)
def test_paper_sizes(name) -> None:
    """Depth, heads and head width are the paper's table; the count is what it calls the model, within 4 %."""
    depth, heads, size = PAPER[name]
    config = PRESETS[name].generator
    assert (config.joint_depth + config.audio_depth, config.num_heads, config.head_dim) == (depth, heads, 64)
    assert abs(PRESETS[name].parameters / size - 1) < 0.04


def test_a_generator_tells_the_mel_of_its_codec() -> None:
    for preset in PRESETS.values():
        assert mel_of(preset.generator) == preset.mel, preset.name
