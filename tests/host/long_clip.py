"""A long generated clip with known truth through the graph, in context windows: are hits where the video has
them?"""

from __future__ import annotations

from dataclasses import dataclass

from graphs import SAMPLER, STEREO, with_nodes
from natives import WINDOWS
from server import Server

from kling_foley_core.analysis.onsets import onsets
from kling_foley_core.evaluation.measures.matching import Hits, hits_of
from kling_foley_core.foley_world import Scene, make_scene, truth_of
from kling_foley_core.foley_world.clips import write_clip
from kling_foley_core.media import load_audio

LATENT_RATE = 44100 / 1024


@dataclass(frozen=True)
class Heard:
    hits: Hits
    elsewhere: Hits  # the same onsets, moved by a third of the clip: chance


def scene(number: int, family: str, seconds: float) -> Scene:
    return make_scene(number, "eval", seconds, family)


def heard(
    server: Server, graph: dict, film: Scene, window: float | None, overlap: float = 0, steps: int = 20
) -> Heard:
    """The whole graph on the scene, in windows of so many seconds."""
    path = write_clip(film, server.base / "input", (96, 96))
    graph = {k: v for k, v in graph.items() if int(k) <= int(STEREO)}
    graph["1"]["inputs"]["file"] = path.name
    graph["8"]["inputs"]["text"] = film.caption
    graph[SAMPLER]["inputs"] |= {"steps": steps, "seed": 1}
    nodes = {"n40": ("SaveAudio", {"audio": [STEREO, 0], "filename_prefix": "audio/long"})}
    if window is not None:
        sizes = {
            "context_length": round(window * LATENT_RATE),
            "context_overlap": round(overlap * LATENT_RATE),
        }
        nodes["n41"] = ("ContextWindowsManual", WINDOWS | sizes | {"model": ["2", 0]})
        graph[SAMPLER]["inputs"]["model"] = ["41", 0]
    outcome = server.run(with_nodes(graph, **nodes), seconds=600)
    assert outcome.status == "success", outcome.error
    times = onsets(*load_audio(server.files(outcome, "40")[0]))
    moved = sorted((time + truth_of(film).seconds / 3) % truth_of(film).seconds for time in times)
    return Heard(hits_of(times, truth_of(film)), hits_of(moved, truth_of(film)))
