"""Two parts that know a length agree before the work begins, or are refused with both lengths; none is ever
stretched to fit."""

from __future__ import annotations

import pytest
from graphs import SAMPLER, latent, save_latent, up_to_sampler, with_nodes
from inside import measured

BRANCHES = {"model": ["2", 0], "positive": ["12", 0], "negative": ["12", 1]}
KSAMPLER = {
    "steps": 20,
    "cfg": 2.0,
    "seed": 0,
    "sampler_name": "euler",
    "scheduler": "simple",
    "denoise": 1.0,
}


@pytest.fixture(scope="module")
def found(host) -> dict:
    return measured(host, "inside_lengths")


@pytest.mark.parametrize(
    "case",
    [
        "its own",
        "empty of as many seconds",
        "a sound of the clip's length",
        "a sound one sample longer",
        "a sound one frame longer",
        "mask",
    ],
)
def test_what_is_of_the_clips_length_passes(found, case):
    assert found["lengths"][case] == "nothing"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (
            "a sound two frames longer",
            "it has 41 frames, 0.95 s of this model's sound, but positive was made",
        ),
        (
            "8 s",
            "it has 345 frames, 8.01 s of this model's sound, but positive was made for 0.9 s, 39 frames",
        ),
        ("0.7 s", "it has 31 frames, 0.72 s"),
        ("16 kHz", "it has 29 frames, 0.67 s"),
        ("16 kHz, a sound", "its samples are (1, 20, 29), but this model takes [batch, 16, frames]"),
        ("a picture", "its samples are (1, 16, 8, 8), but this model takes [batch, 16, frames]"),
        ("mask of another length", "its noise mask is (1, 1, 20), but it has 39 latent frames"),
        ("mask of a picture", "its noise mask is (1, 1, 8, 8), but it has 39 latent frames"),
    ],
)
def test_what_is_of_another_length_or_kind_is_refused_with_both(found, case, said):
    assert said in found["lengths"][case]


def test_a_frame_more_or_less_moves_none_of_the_others(found):
    near = found["nearness"]
    assert near["frames"] == 39 and near["moving"] > 0.1
    assert near["less"] == near["more"] == 0


def test_the_codec_and_the_mask_say_what_the_sampler_says(found):
    said = found["codec_and_mask"]
    assert (
        "its samples are (1, 16, 8, 8), but this codec takes [batch, 16, frames]" in said["decode a picture"]
    )
    assert "its samples are (1, 20, 29), but this codec takes [batch, 16, frames]" in said["decode 16 kHz"]
    assert "its samples are (1, 16, 8, 8), but this codec takes [batch, 16, frames]" in said["mask a picture"]


def test_guidance_left_at_0_is_what_suits_the_model(found):
    assert found["guidance"] == {"small": 2.0, "typed": 3.5, "mmaudio": 4.5}


@pytest.mark.parametrize("kind", ["KlingFoleySampler", "KSampler", "SamplerCustomAdvanced"])
def test_a_forgotten_wire_is_refused_by_every_sampler(server, graph, kind):
    """Empty Foley Latent at its 8 s, on a clip of 0.93 s."""
    graph = up_to_sampler(graph)
    del graph["13"]["inputs"]["features"]
    custom = {"noise": ["21", 0], "guider": ["22", 0], "sampler": ["23", 0], "sigmas": ["20", 0]}
    graph = with_nodes(
        graph,
        n20=("KlingFoleySigmas", {"steps": 20}),
        n21=("RandomNoise", {"noise_seed": 1}),
        n22=("CFGGuider", BRANCHES | {"cfg": 2.0}),
        n23=("KSamplerSelect", {"sampler_name": "euler"}),
        n24=("SamplerCustomAdvanced", custom | {"latent_image": ["13", 0]}),
        n25=("KSampler", BRANCHES | KSAMPLER | {"latent_image": ["13", 0]}),
    )
    node = {"KlingFoleySampler": SAMPLER, "KSampler": "25", "SamplerCustomAdvanced": "24"}[kind]
    graph = with_nodes(graph, n30=save_latent(node))
    outcome = server.run(graph)
    assert outcome.status == "error"
    assert "8.01 s of this model's sound, but positive was made for 0.934267 s" in outcome.error


@pytest.mark.parametrize("kind", ["KlingFoleySampler", "KSampler"])
def test_the_hosts_empty_audio_is_as_long_as_asked_for_or_refused(server, graph, kind):
    """Its latent frames are twice as long as ours; newer hosts' samplers bring them to the model's."""
    graph = up_to_sampler(graph)
    for name in ("visual_features", "sync_features"):
        del graph["12"]["inputs"][name]
    del graph["10"], graph["11"], graph["1"]
    graph["12"]["inputs"]["seconds"] = 5.0
    graph["13"] = {"class_type": "EmptyLatentAudio", "inputs": {"seconds": 5.0, "batch_size": 1}}
    graph = with_nodes(graph, n25=("KSampler", BRANCHES | KSAMPLER | {"steps": 1, "latent_image": ["13", 0]}))
    node = SAMPLER if kind == "KlingFoleySampler" else "25"
    graph[SAMPLER]["inputs"]["steps"] = 1
    graph = with_nodes(graph, n30=save_latent(node))
    outcome = server.run(graph)
    if outcome.status == "success":
        assert latent(server, outcome, "30").shape[-1] == 216
    else:
        assert "it has 108 frames, 2.51 s" in outcome.error and "5 s, 216 frames" in outcome.error


def test_the_conditioning_node_makes_the_latent_of_its_own_length(server, graph):
    graph = up_to_sampler(graph)
    graph["12"]["inputs"] |= {"codec": ["6", 0], "batch_size": 2}
    graph[SAMPLER]["inputs"] |= {"latent": ["12", 2], "steps": 1, "cfg": 0.0}
    del graph["13"]
    outcome = server.run(with_nodes(graph, n30=save_latent(SAMPLER)))
    assert outcome.status == "success", outcome.error
    assert tuple(latent(server, outcome, "30").shape) == (2, 16, 41)


def test_its_latent_without_a_codec_is_explained(server, graph):
    graph = up_to_sampler(graph)
    graph[SAMPLER]["inputs"] |= {"latent": ["12", 2]}
    del graph["13"]
    outcome = server.run(with_nodes(graph, n30=save_latent(SAMPLER)))
    assert outcome.status == "error" and "connect Load Foley Codec" in outcome.error
