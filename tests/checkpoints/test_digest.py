"""The digits that name a network change with its weights and config, and for a VAE with what encodes."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from kling_foley_core.checkpoints import digest_of, digest_of_file, load_network
from kling_foley_core.checkpoints.keymaps import from_transformers
from kling_foley_core.data.shards import Header, check_networks
from kling_foley_core.encoders.sync.motion import MotionEncoder
from kling_foley_core.encoders.visual.clip import ClipVisualEncoder, VisualConfig
from kling_foley_core.errors import InputError
from kling_foley_core.presets import SMALL
from kling_foley_core.systems.assembly import untrained
from kling_foley_core.weights import BUILT_IN


def test_a_changed_weight_and_a_changed_config_are_other_networks() -> None:
    visual, again = untrained(SMALL, "visual"), untrained(SMALL, "visual")
    assert digest_of("clip_visual", visual) == digest_of("clip_visual", again)
    with torch.no_grad():
        again.project.bias[3] += 1
    assert digest_of("clip_visual", visual) != digest_of("clip_visual", again)
    sync = untrained(SMALL, "sync")
    older = MotionEncoder(replace(sync.config, beyond="zeros"))
    older.load_state_dict(sync.state_dict())
    assert digest_of("synchformer", sync) != digest_of("synchformer", older), "the same weights, other tokens"


def test_of_a_vae_only_what_encodes_counts() -> None:
    vae, again = untrained(SMALL, "vae"), untrained(SMALL, "vae")
    with torch.no_grad():
        again.decoder.conv_in.weight += 1
    assert digest_of("vae", vae) == digest_of("vae", again)
    again.data_mean += 1
    assert digest_of("vae", vae) != digest_of("vae", again)


def test_a_file_has_the_digits_of_its_network() -> None:
    assert digest_of_file(BUILT_IN, "vae") == digest_of(
        "vae", load_network(BUILT_IN, "vae", dtype=torch.float32)
    )


def test_a_tower_of_clip_has_the_digits_of_the_file_s_own_tensors() -> None:
    """By those extracted features name it, whatever the layers that compute it are."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    config = VisualConfig(
        width=8, layers=2, heads=2, mlp=16, patch=4, image_size=12, input_size=12, projection=6
    )
    sizes = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    theirs = CLIPVisionModelWithProjection(
        CLIPVisionConfig(**sizes, patch_size=4, image_size=12, projection_dim=6)
    )
    ours = ClipVisualEncoder(config)
    ours.load_state_dict(from_transformers(theirs.state_dict()))
    as_in_the_file = SimpleNamespace(config=config, state_dict=theirs.state_dict)
    assert digest_of("clip_visual", ours) == digest_of("clip_visual", as_in_the_file)
    with torch.no_grad():
        ours.vision_model.encoder.layers[1].self_attn.qkv_proj.bias[3] += 1
    assert digest_of("clip_visual", ours) != digest_of("clip_visual", as_in_the_file)


def test_shards_of_another_network_are_refused_in_one_line() -> None:
    header = Header(("latent",), {"vae": "abc", "t5": "def"}, True, 44100, 512, "test")
    check_networks(header, {"vae": "abc", "synchformer": "any"})
    with pytest.raises(
        InputError, match=r"--data out: .*another codec \(vae abc\).*\(xyz\); extract"
    ) as caught:
        check_networks(header, {"vae": "xyz"}, "out")
    assert "\n" not in str(caught.value)
