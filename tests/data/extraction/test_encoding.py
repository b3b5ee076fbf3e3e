"""What the shards hold is what the pipeline's encoders and the codec make of the same frames, words and
sound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from extraction_clips import sine

from kling_foley_core.checkpoints import load_network, save_own
from kling_foley_core.data.extraction import Encoding, ShardSource, Worker, extract, frozen_networks
from kling_foley_core.data.extraction.latents import LOUDEST_OVER_MIDDLE
from kling_foley_core.data.extraction.raw import floating, sixteen_bits
from kling_foley_core.data.extraction.stages import Stages
from kling_foley_core.data.shards import Shards
from kling_foley_core.data.world import WorldPlan, WorldSource
from kling_foley_core.encoders.sync.motion import tokens_of
from kling_foley_core.encoders.sync.synchformer import Synchformer, SynchformerConfig
from kling_foley_core.encoders.text.clip import ClipTextConfig, ClipTextEncoder
from kling_foley_core.encoders.visual.clip import ClipVisualEncoder, VisualConfig
from kling_foley_core.errors import InputError
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.presets import SMALL
from kling_foley_core.systems.assembly import untrained
from kling_foley_core.timing import latent_frames, sync_tokens

CPU = torch.device("cpu")
PLAN = WorldPlan(clips=3, seed=4, held_out=1, seconds=(2.0,), families=("bounce", "anvil"))


@pytest.fixture(scope="module")
def networks():
    return frozen_networks(["small"], CPU)


@pytest.fixture(scope="module")
def pipeline():
    return FoleyPipeline.from_pretrained("small", "cpu")


def raw(networks, index=0):
    encoding = Encoding(networks, ("sound",))
    source = WorldSource(PLAN, encoding.raw_format)
    return source.sample(index, encoding.reads, Stages()), encoding


def test_features_are_the_pipelines(networks, pipeline) -> None:
    sample, encoding = raw(networks)
    made = encoding(sample, Stages())
    frames = {v: torch.from_numpy(sample.arrays[f"{v}_frames"]) for v in ("visual", "sync")}
    features = pipeline.encode_frames(frames, 2.0)
    text = pipeline.encode_text(sample.caption)[0]
    assert np.abs(made.arrays["visual"] - features.visual[0].numpy()).max() < 5e-3
    tokens = tokens_of(torch.from_numpy(made.arrays["sync"]).float()[None])
    assert (tokens - features.sync).abs().max() < 5e-3
    words = len(made.arrays["text"])
    assert 0 < words < len(text) and not text[words:].any()
    assert np.abs(made.arrays["text"] - text[:words].numpy()).max() < 5e-3
    np.testing.assert_array_equal(made.arrays["sound"], sample.arrays["sound"])
    assert set(made.arrays) == {"latent", "visual", "sync", "text", "sound"}


def test_latents_keep_a_level_that_the_codec_learned(networks) -> None:
    sample, encoding = raw(networks)
    made = encoding(sample, Stages())
    wave = floating(sample.arrays["sound"]).mean(0)[None]
    mel = networks.mel(wave)
    frames = latent_frames(2.0, 44100, 512)
    mel = torch.nn.functional.pad(mel, (0, 2 * frames - mel.shape[-1]), mode="replicate")
    posterior = networks.vae.encode(mel)
    expected = torch.cat([posterior.mean, posterior.std]).transpose(1, 2)
    assert made.arrays["latent"].shape == (2, frames, 16) and "gain_db" not in made.facts
    assert (torch.from_numpy(made.arrays["latent"]).float() - expected).abs().max() < 5e-3


def test_a_sound_that_is_louder_than_all_the_codec_learned_is_brought_down(networks) -> None:
    sample, encoding = raw(networks)
    loudest = networks.learned_db + LOUDEST_OVER_MIDDLE
    tone = torch.from_numpy(sine(2.0, 440, level=2**0.5))
    loud, at_most = (
        replace(sample, arrays={"sound": sixteen_bits(tone * 10 ** (db / 20))})
        for db in (loudest + 9, loudest)
    )
    made, expected = encoding(loud, Stages()), encoding(at_most, Stages())
    assert made.facts["gain_db"] == pytest.approx(-9.0, abs=0.01)
    assert abs(expected.facts.get("gain_db", 0.0)) < 0.01
    difference = made.arrays["latent"][0].astype(float) - expected.arrays["latent"][0]
    assert np.abs(difference).mean() < 0.05  # their 16 bits are rounded at other places


def test_what_a_sample_has_not_got_is_left_out(networks) -> None:
    sample, encoding = raw(networks)
    without = replace(sample, caption=" ", arrays={"sound": sample.arrays["sound"]})
    assert set(encoding(without, Stages()).arrays) == {"latent", "sound"}


def test_raw_shards_encoded_again_are_as_encoded_at_once(tmp_path, networks) -> None:
    keep, encode, worker = Encoding(None), Encoding(networks), Worker(0, 1)
    extract(WorldSource(PLAN, keep.raw_format), keep, tmp_path / "raw", 2, worker)
    extract(WorldSource(PLAN, encode.raw_format), encode, tmp_path / "direct", 2, worker)
    again = ShardSource([tmp_path / "raw"], encode.raw_format)
    extract(again, encode, tmp_path / "again", 2, worker)
    direct, twice, plain = (Shards(tmp_path / name, check=True) for name in ("direct", "again", "raw"))
    assert [e.split for e in direct.entries] == ["held_out", "train", "train"]
    for index in range(3):
        one, other = direct.read(index), twice.read(index)
        assert one.labels == other.labels and one.caption == other.caption and one.labels
        for name in ("latent", "visual", "sync", "text"):
            np.testing.assert_array_equal(one.arrays[name], other.arrays[name])
    assert set(plain.read(0).arrays) == {"sound", "seen", "visual_frames", "sync_frames"}
    assert plain.header.networks == {} and set(direct.header.networks) == {
        "vae",
        "t5",
        "clip_visual",
        "synchformer",
    }
    with pytest.raises(InputError, match="keep no sound and no frames"):
        ShardSource([tmp_path / "direct"], encode.raw_format)
    larger = replace(encode.raw_format, visual=replace(encode.raw_format.visual, size=224))
    with pytest.raises(InputError, match="frames of 64 pixels, and the model's visual encoder takes 224"):
        ShardSource([tmp_path / "raw"], larger)


def test_parts_alone_need_no_flow_network(tmp_path, networks) -> None:
    """What `train codec` and `train encoders` write is enough, and it is known again by its digits."""
    kinds = {"sync": "synchformer", "visual": "clip_visual", "text": "t5", "vae": "vae"}
    for part, kind in kinds.items():
        state = untrained(SMALL, part).state_dict()
        save_own(tmp_path / f"{part}.safetensors", state, kind, getattr(SMALL, part))
    found = frozen_networks([tmp_path], CPU)
    assert set(found.digests) == set(networks.digests) and found.digests != networks.digests
    torch.testing.assert_close(
        found.sync.state_dict(), load_network(tmp_path / "sync.safetensors", "synchformer").state_dict()
    )
    (tmp_path / "visual.safetensors").unlink()
    with pytest.raises(InputError, match="1 part.* can't be told:\n.*there is none; add its file"):
        frozen_networks([tmp_path], CPU)


def test_a_wrong_array_to_keep_is_refused() -> None:
    with pytest.raises(InputError, match="--keep latent: choose of sound, seen"):
        Encoding(None, ("latent",))


def test_synchformers_tokens_and_all_of_clips_text_are_kept(networks) -> None:
    """MMAudio's kinds of encoders, tiny: padding is read like words there, tokens are one row."""
    torch.manual_seed(0)
    sync = Synchformer(SynchformerConfig(image_size=32, patch=16, patch_frames=2, dim=16, depth=1, heads=2))
    visual = ClipVisualEncoder(
        VisualConfig(
            width=16, layers=1, heads=2, mlp=16, patch=16, image_size=32, input_size=32, projection=12
        )
    )
    text = ClipTextEncoder(ClipTextConfig(width=16, layers=1, heads=2, mlp=16, vocabulary=49408, length=77))
    mmaudio = replace(networks, sync=sync, visual=visual, text=text)
    encoding = Encoding(mmaudio)
    source = WorldSource(PLAN, encoding.raw_format)
    sample = source.sample(0, encoding.reads, Stages())
    assert sample.arrays["sync_frames"].shape == (50, 3, 32, 32)
    made = encoding(sample, Stages())
    shapes = {name: array.shape for name, array in made.arrays.items()}
    assert shapes["sync"] == (sync_tokens(2.0), 16) and shapes["visual"] == (16, 12)
    assert shapes["text"] == (77, 16) and not encoding.header(source).every_frame
    frames = torch.from_numpy(sample.arrays["sync_frames"])[None]
    assert (sync(frames)[0] - torch.from_numpy(made.arrays["sync"])).abs().max() < 5e-3
