"""What the host tests share: more nodes for a graph, and what a file or a latent holds."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
from safetensors.torch import load_file
from server import Outcome, Server
from torch import Tensor

# Nodes of the whole graph.
TEXT, VISUAL, SYNC, SAMPLER, DECODE, STEREO, MUX, SAVE = "8", "10", "11", "14", "15", "16", "17", "18"


def whole_graph() -> dict:
    """Every box a node of its own, on the small clip, in API format."""
    return json.loads(Path(__file__).with_name("whole_graph.json").read_text())


def with_nodes(graph: dict, **nodes: tuple[str, dict]) -> dict:
    """The graph with more nodes: n20=("KSamplerSelect", {...}) is node 20."""
    more = {k[1:]: {"class_type": kind, "inputs": inputs} for k, (kind, inputs) in nodes.items()}
    return graph | more


def up_to_sampler(graph: dict) -> dict:
    return {k: v for k, v in graph.items() if int(k) <= int(SAMPLER)}


def below(graph: dict, node: str) -> set[str]:
    """The node and all that depends on it."""
    found = {node}
    while True:
        more = {
            k for k, v in graph.items() if any(i[0] in found for i in v["inputs"].values() if type(i) is list)
        }
        if more <= found:
            return found
        found |= more


def save_latent(node: str, slot: int = 0) -> tuple[str, dict]:
    return "SaveLatent", {"samples": [node, slot], "filename_prefix": f"latents/{node}"}


def latent(server: Server, outcome: Outcome, node: str) -> Tensor:
    """What a SaveLatent node has written."""
    (path,) = server.files(outcome, node)
    return load_file(path)["latent_tensor"]


def pictures(path: Path) -> list[bytes]:
    """The packets of a file's video."""
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(video=0) if p.size]


def sound(path: Path) -> tuple[int, int, Fraction]:
    """(channels, rate, seconds) of a file's only sound track."""
    with av.open(str(path)) as container:
        (stream,) = container.streams.audio
        return stream.channels, stream.rate, stream.duration * stream.time_base


def newest_video(server: Server) -> Path:
    """What Video With Sound wrote: the VIDEO itself, before the host saves it."""
    return max((server.base / "temp").glob("kling_foley_*"), key=lambda p: p.stat().st_mtime_ns)
