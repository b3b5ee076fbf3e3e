"""The host owns the memory: its layers hold the weights, run 50 leaves what run 1 left, unloading gives all
back."""

from __future__ import annotations

import pytest
from inside import measured

# Small, or bare in the public files under a name that no layer has (in_proj_weight: one of Synchformer's
# blocks). The networks cast each of them at use, so that it may wait elsewhere and in another number type.
CAST_AT_USE = {
    "mmdit": {
        "MMDiT.empty_clip_feat",
        "MMDiT.empty_string_feat",
        "MMDiT.empty_sync_feat",
        "MMDiT.sync_pos_emb",
    },
    "t5": set(),
    "clip_text": set(),
    "clip_visual": {"PatchEmbeddings.class_embedding"},
    "synchformer": {
        "TokenPooling.in_proj_bias",
        "TokenPooling.in_proj_weight",
        "SpatialAggregation.cls_token",
        "Synchformer.cls_token",
        "Synchformer.pos_embed",
        "Synchformer.temp_embed",
    },
    "vae": {"Decoder.learnable_gain", "Encoder.learnable_gain"},
    "vocoder": {"SnakeBeta.alpha", "SnakeBeta.beta"},
    "stereo": set(),
}


@pytest.fixture(scope="module")
def memory(host) -> dict:
    return measured(host, "inside_memory")


def test_all_weights_of_all_presets_lie_in_the_hosts_layers(memory):
    assert {kind: set(names) for kind, names in memory["raw_parameters"].items()} == CAST_AT_USE


def test_run_50_leaves_what_run_2_left(memory):
    second, last = (memory["fifty_runs"][run] for run in ("2", "50"))
    for held in ("networks", "weights_mb", "tensors", "tensors_mb"):
        assert last[held] == second[held], held
    assert second["networks"] == 6
    assert last["resident_mb"] - second["resident_mb"] < 40  # the allocator's own to and fro


@pytest.mark.parametrize("option", ["", "--disable-smart-memory"])
def test_after_unloading_nothing_is_held_and_a_run_gives_the_same_bits(host, memory, option):
    if option:
        memory = measured(host, "inside_memory:unloaded_and_again", option)
    found = memory["unloaded_and_again"]
    assert (found["loaded"], found["unloaded"]) == (6, 0)
    assert found["same"]
    assert found["let_go_mb"] >= 0.99 * found["weights_mb"] > 30
