"""The whole graph in a real ComfyUI, through its HTTP API and websocket."""

from __future__ import annotations

from fractions import Fraction

import av
import pytest
from conftest import FRAME_RATE, FRAMES
from graphs import SAMPLER, SAVE, SYNC, VISUAL, newest_video, pictures, sound, with_nodes

from kling_foley_core.marks.inspection import describe_media, labels_of

NODES = {
    "DemoClip",
    "Video",
    "SystemLoader",
    "ModelLoader",
    "TextEncoderLoader",
    "VisualEncoderLoader",
    "SyncEncoderLoader",
    "CodecLoader",
    "StereoLoader",
    "Prompts",
    "TextEncode",
    "VisualFeatures",
    "SyncFeatures",
    "BestTake",
    "Evaluate",
    "Mix",
    "Watermark",
    "Conditioning",
    "EmptyLatent",
    "NoiseMask",
    "ExtendLatent",
    "Splice",
    "Sigmas",
    "Sampler",
    "CodecEncode",
    "CodecDecode",
    "StereoRenderer",
    "StereoByMovement",
    "VideoWithSound",
    "Preview",
}
SECONDS = FRAMES / FRAME_RATE


def test_every_node_is_offered_with_a_tooltip_on_every_input(server):
    offered = {k: v for k, v in server.get("/object_info").items() if k.startswith("KlingFoley")}
    assert set(offered) == {f"KlingFoley{name}" for name in NODES}
    for node, info in offered.items():
        assert info["category"] == "audio/foley" and info["description"], node
        for group in ("required", "optional"):
            for name, (_, options) in info["input"].get(group, {}).items():
                assert options.get("tooltip"), f"{node}.{name}"


def test_video_comes_out_with_stereo_sound_of_its_own_length(server, graph):
    graph[SAMPLER]["inputs"]["seed"] = 101  # of no other test, so that nothing of the sampler's is cached
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    assert outcome.progress[SAMPLER][-1] == (20, 20)
    source, video = server.base / "input/clip.mp4", newest_video(server)
    channels, rate, seconds = sound(video)
    assert (channels, rate) == (2, 44100)
    assert seconds * rate == round(SECONDS * rate)  # to the sample
    (saved,) = server.files(outcome, SAVE)
    assert pictures(source) == pictures(video) == pictures(saved)
    channels, rate, seconds = sound(saved)  # here the host writes lengths in milliseconds
    assert (channels, rate) == (2, 44100) and abs(seconds - SECONDS) <= Fraction(1, 1000)
    (label,) = {text for path in (video, saved) for text in labels_of(path)}
    assert "Kling-Foley, model small (built in)." in label, "and Save Video keeps it"


def test_the_label_can_be_left_out_and_the_saved_graph_tells_all_the_same(server, graph):
    graph["17"]["inputs"]["label"] = False
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    (saved,) = server.files(outcome, SAVE)
    assert labels_of(newest_video(server)) == labels_of(saved) == []
    assert "makes sound with Kling-Foley" in describe_media(saved)


def test_the_papers_way_of_stereo_takes_the_codec_and_gives_the_same_length(server, graph):
    graph["16"]["inputs"]["codec"] = ["6", 0]
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    assert sound(newest_video(server)) == (2, 44100, Fraction(round(SECONDS * 44100), 44100))


def test_images_and_their_rate_serve_as_well_as_a_video(server, graph):
    graph = with_nodes(
        graph,
        n20=("GetVideoComponents", {"video": ["1", 0]}),
        n21=("CreateVideo", {"images": ["20", 0], "fps": 25.0}),
    )
    for node in (VISUAL, SYNC):
        del graph[node]["inputs"]["video"]
        graph[node]["inputs"] |= {"images": ["20", 0], "fps": 25.0}
    graph["17"]["inputs"]["video"] = ["21", 0]
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    (saved,) = server.files(outcome, SAVE)
    channels, rate, seconds = sound(saved)  # encoded by the host, whose AAC track ends with a whole frame
    assert (channels, rate) == (2, 44100)
    assert Fraction(FRAMES, 25) - Fraction(1, 1000) <= seconds <= Fraction(FRAMES, 25) + Fraction(2048, rate)


def test_a_trimmed_video_gets_sound_of_the_trimmed_length(server, graph):
    if "Video Slice" not in server.get("/object_info"):
        pytest.skip("this ComfyUI has no Trim Video node (it came in 2026)")
    trim = {"video": ["1", 0], "start_time": 0.1, "duration": 0.7, "strict_duration": False}
    graph = with_nodes(graph, n20=("Video Slice", trim))
    for node in (VISUAL, SYNC, "17"):
        graph[node]["inputs"]["video"] = ["20", 0]
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    channels, rate, seconds = sound(newest_video(server))
    assert channels == 2 and seconds * rate == round(Fraction(7, 10) * rate)


def test_text_alone_makes_sound_of_the_seconds_typed(server, graph):
    for node in ("1", "4", "5", "10", "11", "17", "18", "20"):
        del graph[node]
    del graph["12"]["inputs"]["visual_features"], graph["12"]["inputs"]["sync_features"]
    del graph["13"]["inputs"]["features"], graph["16"]["inputs"]["sync_features"]
    graph["12"]["inputs"]["seconds"] = graph["13"]["inputs"]["seconds"] = 0.7
    graph = with_nodes(graph, n19=("SaveAudio", {"audio": ["16", 0], "filename_prefix": "audio/foley"}))
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
    graph = with_nodes(graph, n19=("GetVideoComponents", {"video": ["1", 0]}))
    graph["17"]["inputs"]["audio"] = ["19", 1]
    outcome = server.run({k: graph[k] for k in ("1", "17", "18", "19")})
    assert outcome.status == "error" and "there is no sound" in outcome.error
