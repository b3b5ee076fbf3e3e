"""The shipped workflow in a real ComfyUI, through its HTTP API and websocket."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from conftest import FRAME_RATE, FRAMES
from safetensors.torch import load_file

SAMPLER, SAVE, VISUAL, SYNC = "14", "18", "10", "11"
NODES = {
    "ModelLoader",
    "TextEncoderLoader",
    "VisualEncoderLoader",
    "SyncEncoderLoader",
    "CodecLoader",
    "StereoLoader",
    "TextEncode",
    "VisualFeatures",
    "SyncFeatures",
    "Conditioning",
    "EmptyLatent",
    "Sigmas",
    "Sampler",
    "CodecEncode",
    "CodecDecode",
    "StereoRenderer",
    "VideoWithSound",
}
# KSampler's "simple" schedule takes sigmas from a table of thousandths in float32: the same 20 steps as ours but for
# rounding, which the steps carry on. The latents' own deviation is about 1.
SIMPLE_TOLERANCE = 1e-3


def pictures(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(video=0) if p.size]


def sound(path: Path) -> tuple[int, int, Fraction]:
    """(channels, rate, seconds) of a file's sound track."""
    with av.open(str(path)) as container:
        (stream,) = container.streams.audio
        return stream.channels, stream.rate, stream.duration * stream.time_base


def newest_video(server) -> Path:
    """What Video With Sound wrote: the VIDEO itself, before the host saves it."""
    return max((server.base / "temp").glob("kling_foley_*"), key=lambda p: p.stat().st_mtime_ns)


def latent(server, outcome, node: str):
    (path,) = server.files(outcome, node)
    return load_file(path)["latent_tensor"]


def test_every_node_is_offered_with_a_tooltip_on_every_input(server):
    offered = {k: v for k, v in server.get("/object_info").items() if k.startswith("KlingFoley")}
    assert set(offered) == {f"KlingFoley{name}" for name in NODES}
    for node, info in offered.items():
        assert info["category"] == "audio/foley" and info["description"], node
        for group in ("required", "optional"):
            for name, (_, options) in info["input"].get(group, {}).items():
                assert options.get("tooltip"), f"{node}.{name}"


def test_video_comes_out_with_stereo_sound_of_its_own_length(server, graph):
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    assert outcome.progress[SAMPLER][-1] == (20, 20)
    source, video = server.base / "input/clip.mp4", newest_video(server)
    channels, rate, seconds = sound(video)
    assert (channels, rate) == (2, 44100)
    assert seconds * rate == round(FRAMES / FRAME_RATE * rate)  # to the sample
    (saved,) = server.files(outcome, SAVE)
    assert pictures(source) == pictures(video) == pictures(saved)
    channels, rate, seconds = sound(saved)  # here the host writes lengths in milliseconds
    assert (channels, rate) == (2, 44100) and abs(seconds - FRAMES / FRAME_RATE) <= Fraction(1, 1000)


def test_new_seed_and_prompt_do_not_look_at_the_video_again(server, graph):
    assert server.run(graph).status == "success"
    graph[SAMPLER]["inputs"]["seed"] = 1
    graph["8"]["inputs"]["text"] = "rain on a tin roof"
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    assert {VISUAL, SYNC} <= outcome.cached and not {VISUAL, SYNC} & set(outcome.ran)
    assert {SAMPLER, "8"} <= set(outcome.ran)


def test_the_hosts_samplers_give_what_our_sampler_gives(server, graph):
    settings = {"model": ["2", 0], "positive": ["12", 0], "negative": ["12", 1]}
    extra = {
        "20": ("KlingFoleySigmas", {"steps": 20}),
        "21": ("RandomNoise", {"noise_seed": 7}),
        "22": ("CFGGuider", settings | {"cfg": 4.5}),
        "23": ("KSamplerSelect", {"sampler_name": "euler"}),
        "24": (
            "SamplerCustomAdvanced",
            {
                "noise": ["21", 0],
                "guider": ["22", 0],
                "sampler": ["23", 0],
                "sigmas": ["20", 0],
                "latent_image": ["13", 0],
            },
        ),
        "25": (
            "KSampler",
            settings
            | {"seed": 7, "steps": 20, "cfg": 4.5, "sampler_name": "euler", "scheduler": "simple"}
            | {"latent_image": ["13", 0], "denoise": 1.0},
        ),
        **{
            f"3{i}": ("SaveLatent", {"samples": [node, 0], "filename_prefix": f"latents/{node}"})
            for i, node in enumerate((SAMPLER, "24", "25"))
        },
    }
    graph = {k: v for k, v in graph.items() if int(k) <= 14}
    graph[SAMPLER]["inputs"]["seed"] = 7
    graph |= {k: {"class_type": kind, "inputs": inputs} for k, (kind, inputs) in extra.items()}
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    ours, custom, simple = (latent(server, outcome, node) for node in ("30", "31", "32"))
    assert ours.std() > 0.1
    assert (ours - custom).abs().max() == 0
    assert (ours - simple).abs().max() <= SIMPLE_TOLERANCE


def test_text_alone_makes_sound_of_the_seconds_typed(server, graph):
    for node in ("1", "4", "5", "10", "11", "17", "18"):
        del graph[node]
    del graph["12"]["inputs"]["visual_features"], graph["12"]["inputs"]["sync_features"]
    del graph["13"]["inputs"]["features"], graph["16"]["inputs"]["sync_features"]
    graph["12"]["inputs"]["seconds"] = graph["13"]["inputs"]["seconds"] = 0.7
    graph["19"] = {
        "class_type": "SaveAudio",
        "inputs": {"audio": ["16", 0], "filename_prefix": "audio/foley"},
    }
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    (path,) = server.files(outcome, "19")
    with av.open(str(path)) as container:
        assert sum(f.samples for f in container.decode(audio=0)) == round(0.7 * 44100)


def test_text_wired_past_the_conditioning_node_is_explained(server, graph):
    graph[SAMPLER]["inputs"]["positive"] = ["8", 0]
    outcome = server.run(graph)
    assert outcome.status == "error" and "Foley Conditioning" in outcome.error


def test_missing_sound_is_explained(server, graph):
    graph["19"] = {"class_type": "GetVideoComponents", "inputs": {"video": ["1", 0]}}
    graph["17"]["inputs"]["audio"] = ["19", 1]
    outcome = server.run({k: graph[k] for k in ("1", "17", "18", "19")})
    assert outcome.status == "error" and "there is no sound" in outcome.error


def test_cancelling_stops_the_sampler_and_the_next_run_works(server, graph):
    graph[SAMPLER]["inputs"] |= {"steps": 1000, "seed": 3}
    outcome = server.run(graph, interrupt_at=SAMPLER)
    assert outcome.status == "interrupted"
    assert outcome.progress[SAMPLER][-1][0] < 1000
    graph[SAMPLER]["inputs"]["steps"] = 2
    assert server.run(graph).status == "success"
