"""The cache holds what the networks say, is made once, and hangs on their weights."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from training_tiny import WORLDS

from kling_foley_core.assembly import untrained
from kling_foley_core.codec.presets import MEL_44K
from kling_foley_core.encoders.sync.motion import MotionEncoder
from kling_foley_core.presets import SMALL
from kling_foley_core.training.features import (
    Encoders,
    coded,
    latent_statistics,
    looked,
    mark_of,
    read,
    watched,
)
from kling_foley_core.training.worlds import MONO, Worlds, render_worlds

TWO = replace(WORLDS, scenes=2, seconds=(2.0,), sync_size=64, visual_size=64)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> Worlds:
    return Worlds(render_worlds(TWO, MEL_44K, tmp_path_factory.mktemp("cache")), 2)


@pytest.fixture(scope="module")
def encoders() -> Encoders:
    return Encoders(*(untrained(SMALL, part).eval() for part in ("sync", "visual", "text")))


@torch.no_grad()
def test_tokens_are_the_encoders(worlds, encoders, tmp_path) -> None:
    movement, looks, words = (
        make(worlds, getattr(encoders, name), tmp_path)
        for make, name in ((watched, "sync"), (looked, "visual"), (read, "text"))
    )
    for i in range(len(worlds)):
        clip = worlds.clip(i)
        torch.testing.assert_close(movement[i]["sync"], encoders.sync.every_frame(clip.sync[None])[0].half())
        torch.testing.assert_close(looks[i]["visual"], encoders.visual(clip.visual[None])[0].half())
        text, kept = encoders.text.encode([clip.caption])[0], words[i]["text"]
        assert len(kept) == len(clip.caption.encode()) + 1
        torch.testing.assert_close(kept, text[: len(kept)].half())
        assert text[len(kept) :].eq(0).all()


@torch.no_grad()
def test_latents_are_the_codecs(worlds, tmp_path) -> None:
    vae = untrained(SMALL, "vae").eval()
    entries = coded(worlds, vae, tmp_path)
    mel = worlds.clip(1).mels[None, MONO].float()  # 172 frames: 2 s are 86.1 latent frames, so two are held
    posterior = vae.encode(torch.cat([mel, mel[..., -1:], mel[..., -1:]], dim=-1))
    wanted = torch.cat([posterior.mean, posterior.std]).transpose(1, 2)
    torch.testing.assert_close(entries[1]["latent"].float(), wanted, atol=2e-3, rtol=2e-3)
    assert entries[1]["latent"].shape == (2, 87, SMALL.vae.latent_dim)


def test_features_are_made_once_and_again_for_other_weights(worlds, encoders, tmp_path) -> None:
    seen: list[str] = []
    first = looked(worlds, encoders.visual, tmp_path, lambda stage, *_: seen.append(stage))
    (file,) = tmp_path.glob("features/*/*.safetensors")
    before = file.stat().st_mtime_ns
    again = looked(worlds, encoders.visual, tmp_path)
    assert file.stat().st_mtime_ns == before and seen == ["features: looked"]
    assert all(torch.equal(a[k], b[k]) for a, b in zip(first, again, strict=True) for k in a)
    mark = mark_of(worlds, encoders.visual)
    other = untrained(SMALL, "visual")
    other.project.bias.data += 1
    assert mark_of(worlds, other) != mark == mark_of(worlds, untrained(SMALL, "visual"))
    sync = untrained(SMALL, "sync")
    other = MotionEncoder(replace(SMALL.sync, beyond="zeros"))
    other.load_state_dict(sync.state_dict())
    assert mark_of(worlds, sync) != mark_of(worlds, other), "the same weights make other tokens"


@pytest.mark.parametrize(("make", "part"), [(watched, "sync"), (looked, "visual"), (read, "text")])
def test_every_cache_hangs_on_its_network(worlds, tmp_path, make, part) -> None:
    network = untrained(SMALL, part).eval()
    make(worlds, network, tmp_path)
    next(network.parameters()).data += 1
    make(worlds, network, tmp_path)
    assert len(list(tmp_path.glob("features/*/*.safetensors"))) == 2


def test_statistics_count_the_posteriors_own_spread() -> None:
    mean = torch.tensor([[0.0, 1.0], [2.0, 1.0]])
    entries = [{"latent": torch.stack([mean, torch.full_like(mean, 0.5)])}]
    m, s = latent_statistics(entries)
    assert m.tolist() == [1.0, 1.0]
    assert s.tolist() == pytest.approx([(1 + 0.25) ** 0.5, 0.5])
