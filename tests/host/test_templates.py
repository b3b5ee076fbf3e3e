"""Every template in a real ComfyUI without any file: its API twin runs and puts out what it promises; the
blueprint does the same with what is chosen outside; the page's dialogs find what they need."""

from __future__ import annotations

import json
import urllib.error
from fractions import Fraction
from pathlib import Path

import av
import pytest
from conftest import FRAME_RATE, FRAMES
from golden_weights import write_weight_files
from graphs import pictures, sound
from page_prompt import as_prompt
from server import PACK

from kling_foley_core.demo import FPS, SECONDS

TWINS = sorted((PACK / "workflows/api").glob("*.json"))
VIDEO = PACK / "workflows/api/foley_video_to_audio.json"
QUICK = 2  # steps
FILES = {
    "network": "mmaudio_large_44k_v2_fp16.safetensors",
    "clip": "apple_DFN5B-CLIP-ViT-H-14-384_fp16.safetensors",
    "sync": "mmaudio_synchformer_fp16.safetensors",
    "vae": "mmaudio_vae_44k_fp16.safetensors",
    "vocoder": "bigvgan_generator.pt",
}


def quick(path: Path, **inside: object) -> dict:
    """The twin in few steps; `inside` are values for the inputs of these names."""
    graph = json.loads(path.read_text("utf-8"))
    for node in graph.values():
        inputs = node["inputs"]
        inputs |= {k: v for k, v in ({"steps": QUICK} | inside).items() if k in inputs}
    return graph


def nodes_of(graph: dict, kind: str) -> list[str]:
    return [i for i, node in graph.items() if node["class_type"] == kind]


def heard(path: Path) -> Fraction:
    """Seconds of a sound file."""
    with av.open(str(path)) as container:
        rate = container.streams.audio[0].rate
        return Fraction(sum(frame.samples for frame in container.decode(audio=0)), rate)


def takes(server, outcome, node: str) -> list[Path]:
    """The sound files that a Foley Preview plays."""
    (player,) = outcome.outputs[node]["kling_foley_preview"]
    files = [take["sound"] for take in player["takes"]]
    return [server.base / f["type"] / f["subfolder"] / f["filename"] for f in files]


@pytest.mark.parametrize("path", TWINS, ids=lambda p: p.stem)
def test_the_twin_runs_at_once_and_its_sound_has_the_promised_length(server, path):
    graph = quick(path)
    outcome = server.run(graph, seconds=240)
    assert outcome.status == "success", outcome.error
    wanted = [n["inputs"]["seconds"] for n in graph.values() if n["class_type"] == "KlingFoleyConditioning"]
    from_film = any(n["class_type"] == "KlingFoleySyncFeatures" for n in graph.values()) or not wanted
    length = Fraction(SECONDS if from_film else wanted[0])
    for node in nodes_of(graph, "SaveVideo"):
        (film,) = server.files(outcome, node)
        channels, rate, seconds = sound(film)
        assert (channels, rate) == (2, 44100) and abs(seconds - length) <= Fraction(1, 1000)
        assert len(pictures(film)) == length * FPS
    for node in nodes_of(graph, "KlingFoleyPreview"):
        assert {heard(file) for file in takes(server, outcome, node)} == {length}
    assert nodes_of(graph, "SaveVideo") or nodes_of(graph, "KlingFoleyPreview")


def test_no_node_of_a_template_is_deprecated_or_unknown(server):
    offered = server.get("/object_info")
    used = {n["class_type"] for path in TWINS for n in json.loads(path.read_text("utf-8")).values()}
    assert used <= set(offered)
    assert not [kind for kind in used if offered[kind].get("deprecated")]


def test_seconds_and_takes_are_chosen_outside(server):
    """The first second, where the host can cut a film, and three sounds of it."""
    if "Video Slice" not in server.get("/object_info"):
        pytest.skip("this ComfyUI's VIDEO has no as_trimmed (it came in 2026)")
    graph = quick(VIDEO)
    (clip,), (conditioning,) = nodes_of(graph, "KlingFoleyVideo"), nodes_of(graph, "KlingFoleyConditioning")
    graph[clip]["inputs"]["seconds"], graph[conditioning]["inputs"]["batch_size"] = 1.0, 3
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    (preview,) = nodes_of(graph, "KlingFoleyPreview")
    assert [heard(file) for file in takes(server, outcome, preview)] == [1, 1, 1]


def test_mmaudios_files_are_one_system(server):
    """The golden weights of reduced width under the public names. Their vocabulary is too small for words."""
    folder = server.base / "models/foley"
    graph = quick(VIDEO, system=FILES["network"], text="")
    (demo,) = nodes_of(graph, "KlingFoleyDemoClip")
    graph[demo] = {"class_type": "LoadVideo", "inputs": {"file": "clip.mp4"}}
    missing = server.run(graph)
    assert missing.status in ("refused", "error") and FILES["network"] in missing.error
    write_weight_files(folder, **FILES)
    try:
        outcome = server.run(graph)
    finally:
        for name in FILES.values():
            (folder / name).unlink()
    assert outcome.status == "success", outcome.error
    (film,) = (f for i in nodes_of(graph, "SaveVideo") for f in server.files(outcome, i))
    channels, rate, seconds = sound(film)
    assert channels == 2, "no renderer: what moves is followed"
    assert rate == 44100 and abs(seconds - FRAMES / FRAME_RATE) <= Fraction(1, 1000)


def test_the_blueprint_gives_what_its_nodes_give_one_by_one(server, graph):
    """The same clip, words and seed through the whole graph."""
    (file,) = (PACK / "subgraphs").glob("*.json")
    blue = as_prompt(json.loads(file.read_text("utf-8")))
    node = lambda kind: nodes_of(blue, kind)[0]  # noqa: E731
    blue[node("KlingFoleyVideo")]["inputs"]["video"] = ["2", 0]
    blue["2"] = {"class_type": "LoadVideo", "inputs": {"file": "clip.mp4"}}
    for whole, sampler, text in (
        (graph, "14", ("8", "9")),
        (blue, node("KlingFoleySampler"), nodes_of(blue, "KlingFoleyTextEncode")),
    ):
        whole[sampler]["inputs"] |= {"steps": QUICK, "seed": 5, "cfg": 2.0, "solver": "adams"}
        for number in text:
            whole[number]["inputs"]["text"] = ""
    saved = []
    for whole, source in ((graph, "16"), (blue, node("KlingFoleyStereoRenderer"))):
        whole["30"] = {"class_type": "KlingFoleyPreview", "inputs": {"audio": [source, 0], "fps": 24.0}}
        outcome = server.run(whole)
        assert outcome.status == "success", outcome.error
        saved.append(takes(server, outcome, "30")[0])
    one, other = map(samples_of, saved)
    assert len(one) == len(other) and hash(one) == hash(other)


def samples_of(path: Path) -> bytes:
    with av.open(str(path)) as container:
        return b"".join(frame.to_ndarray().tobytes() for frame in container.decode(audio=0))


def test_the_host_offers_the_templates_and_the_blueprint(server):
    offered = server.get("/workflow_templates")
    (names,) = [v for k, v in offered.items() if k.endswith("kling-foley")]
    assert set(names) == {p.stem for p in (PACK / "workflows").glob("*.json")}
    try:
        blueprints = server.get("/global_subgraphs").values()
    except urllib.error.HTTPError:
        pytest.skip("this ComfyUI serves no blueprints of packs (newer ones do since 2025-10-21)")
    (file,) = (PACK / "subgraphs").glob("*.json")
    (ours,) = (b for b in blueprints if b["source"] == "custom_node")
    assert ours["name"] == file.stem
    words = json.loads(file.read_text("utf-8"))["extra"]["BlueprintSearchAliases"]
    assert ours["info"]["search_aliases"] == words
