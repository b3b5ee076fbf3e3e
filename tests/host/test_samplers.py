"""The MM-DiT as a native MODEL: the host's samplers run it and agree with ours, whatever file it is from."""

from __future__ import annotations

import shutil

import pytest
from graphs import SAMPLER, latent, save_latent, up_to_sampler, with_nodes

from kling_foley_core.checkpoints import save_own
from kling_foley_core.presets import SMALL
from kling_foley_core.systems.assembly import untrained
from kling_foley_core.weights import BUILT_IN

SEED = 7
BRANCHES = {"model": ["2", 0], "positive": ["12", 0], "negative": ["12", 1]}
EULER = {"seed": SEED, "steps": 20, "cfg": 4.5, "sampler_name": "euler", "scheduler": "simple"}
# KSampler's "simple" schedule takes sigmas from a table of thousandths in float32: the same 20 steps as ours
# but for rounding, which the steps carry on. The latents' own deviation is about 2.
SIMPLE_TOLERANCE = 1e-4


@pytest.fixture
def sampled(graph) -> dict:
    """The whole graph up to the sampler, whose latent is saved by node 30."""
    graph = up_to_sampler(graph)
    graph[SAMPLER]["inputs"] |= {"seed": SEED, "cfg": EULER["cfg"]}
    return with_nodes(graph, n30=save_latent(SAMPLER))


def test_the_hosts_samplers_give_what_our_sampler_gives(server, sampled):
    custom = {"noise": ["21", 0], "guider": ["22", 0], "sampler": ["23", 0], "sigmas": ["20", 0]}
    graph = with_nodes(
        sampled,
        n20=("KlingFoleySigmas", {"steps": 20}),
        n21=("RandomNoise", {"noise_seed": SEED}),
        n22=("CFGGuider", BRANCHES | {"cfg": 4.5}),
        n23=("KSamplerSelect", {"sampler_name": "euler"}),
        n24=("SamplerCustomAdvanced", custom | {"latent_image": ["13", 0]}),
        n25=("KSampler", BRANCHES | EULER | {"latent_image": ["13", 0], "denoise": 1.0}),
        n31=save_latent("24"),
        n32=save_latent("25"),
    )
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    ours, custom, simple = (latent(server, outcome, node) for node in ("30", "31", "32"))
    assert ours.std() > 0.1
    assert (ours - custom).abs().max() == 0
    assert (ours - simple).abs().max() <= SIMPLE_TOLERANCE


def test_a_schedule_shift_node_keeps_the_networks_clock(server, sampled):
    """ModelSamplingSD3 counts time in thousandths; shift 1 is no shift, so the sound must stay the same."""
    graph = with_nodes(sampled, n20=("ModelSamplingSD3", {"model": ["2", 0], "shift": 1.0}))
    graph = with_nodes(
        graph,
        n21=("KlingFoleySampler", graph[SAMPLER]["inputs"] | {"model": ["20", 0]}),
        n31=save_latent("21"),
    )
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    assert (latent(server, outcome, "30") - latent(server, outcome, "31")).abs().max() <= SIMPLE_TOLERANCE


def test_encoded_sound_can_be_varied(server, sampled):
    varied = BRANCHES | EULER | {"latent_image": ["21", 0], "denoise": 0.5}
    graph = with_nodes(
        sampled,
        n20=("KlingFoleyCodecDecode", {"codec": ["6", 0], "latent": [SAMPLER, 0]}),
        n21=("KlingFoleyCodecEncode", {"codec": ["6", 0], "audio": ["20", 0]}),
        n22=("KSampler", varied),
        n31=save_latent("21"),
        n32=save_latent("22"),
    )
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    first, encoded, changed = (latent(server, outcome, node) for node in ("30", "31", "32"))
    assert first.shape == encoded.shape == changed.shape
    assert (encoded - changed).abs().mean() > 0.05


@pytest.mark.parametrize("kind", ["KlingFoleySampler", "KSampler"])
def test_a_masked_part_is_made_anew_and_the_rest_kept(server, sampled, kind):
    anew = BRANCHES | {"steps": 6, "cfg": 4.5, "seed": 99}
    if kind == "KSampler":
        anew |= {"sampler_name": "euler", "scheduler": "simple", "latent_image": ["40", 0], "denoise": 1.0}
    else:
        anew |= {"latent": ["40", 0]}
    mask = {"codec": ["6", 0], "latent": [SAMPLER, 0], "start": 0.2, "seconds": 0.3}
    graph = with_nodes(sampled, n40=("KlingFoleyNoiseMask", mask), n41=(kind, anew), n31=save_latent("41"))
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    before, after = latent(server, outcome, "30"), latent(server, outcome, "31")
    part = slice(8, 22)  # 0.2 s to 0.5 s at 43.07 frames a second: 8.6 to 21.5
    changed = (after - before).abs()
    assert changed[..., part].amin(-1).amax() > 0.05 and (changed[..., part].amax(1) > 0.05).all()
    changed[..., part] = 0
    assert changed.max() <= 1e-5


def test_a_mask_behind_the_end_is_explained(server, sampled):
    mask = {"codec": ["6", 0], "latent": [SAMPLER, 0], "start": 3.0, "seconds": 0.3}
    graph = with_nodes(sampled, n40=("KlingFoleyNoiseMask", mask), n31=save_latent("40"))
    outcome = server.run(graph)
    assert outcome.status == "error" and "start = 3: the latent has 0.95 s" in outcome.error


def test_all_loaders_find_a_whole_model_in_our_folder(server, sampled):
    folder = server.base / "models/foley"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(BUILT_IN, folder / "whole.safetensors")
    built_in = server.run(sampled)
    for node in map(str, range(2, 7)):
        (name,) = sampled[node]["inputs"].keys() - {"vocoder"}
        sampled[node]["inputs"][name] = "whole.safetensors"
    outcome = server.run(sampled)
    assert outcome.status == "success", outcome.error
    assert "12" in outcome.ran  # not the cached conditioning
    assert (latent(server, built_in, "30") - latent(server, outcome, "30")).abs().max() == 0


def test_a_file_of_another_kind_is_refused_by_what_it_holds(server, sampled):
    state = untrained(SMALL, "stereo").state_dict()
    save_own(server.base / "models/foley/wrong.safetensors", state, "stereo", SMALL.stereo)
    sampled["2"]["inputs"]["model"] = "wrong.safetensors"
    outcome = server.run(sampled)
    assert outcome.status == "error"
    assert "wrong.safetensors" in outcome.error and "stereo" in outcome.error and "mmdit" in outcome.error


def test_a_pictures_latent_is_refused_by_what_it_is(server, sampled):
    graph = with_nodes(sampled, n20=("EmptyLatentImage", {"width": 64, "height": 64, "batch_size": 1}))
    graph[SAMPLER]["inputs"]["latent"] = ["20", 0]
    outcome = server.run(graph)
    assert outcome.status == "error"
    assert "(1, 16, 8, 8)" in outcome.error and "Foley Conditioning" in outcome.error
