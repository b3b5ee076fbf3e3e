"""The README's figures of the pack in a real ComfyUI: python benchmarks/host.py [--only PART ...]

PARTS: samplers, nodes, windows, memory, interrupts, imports. ComfyUI is found as the host tests find it
(COMFYUI_PATH, COMFYUI_PYTHON). Everything runs on the CPU; seconds mean little while the machine does
anything else.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "host"))

import loras  # noqa: E402
from conftest import FRAME_RATE, make_clip  # noqa: E402
from graphs import DECODE, MUX, SAMPLER, SAVE, STEREO, SYNC, VISUAL, whole_graph  # noqa: E402
from inside import measured  # noqa: E402
from long_clip import heard, scene  # noqa: E402
from natives import COARSE, NODES, SOLUTION, SOLVED, UNCHANGED, Row, patched, run, sampler_row, verdict  # noqa: E402
from server import Server, find_host  # noqa: E402

from kling_foley_core.checkpoints import save_own  # noqa: E402
from kling_foley_core.presets import PRESETS  # noqa: E402
from kling_foley_core.systems.assembly import untrained  # noqa: E402

COMPILED = patched(
    "TorchCompileModel", {"backend": "inductor"}, same=1e-5, remark="80 s to compile on two cores"
)
STOCHASTIC = "ancestral|sde|lcm|ddpm|seeds|sa_solver|cfg_pp"
CFG_PP = "its own kind of guidance: cfg near 1"
FLAGS = [
    "--disable-smart-memory",
    "--enable-dynamic-vram",
    "--disable-dynamic-vram",
    "--bf16-unet",
    "--force-fp16",
]
FLAGS += ["--fp8_e4m3fn-unet", "--bf16-text-enc"]
QUEUED = 50
DELAYS = (0.2, 0.7, 1.5, 4.0)  # seconds into a node at which it is cancelled
LONG = 60  # seconds of the clip that is cancelled


def whole() -> dict:
    """Every box a node of its own, without the preview."""
    return {k: v for k, v in whole_graph().items() if v["class_type"] != "KlingFoleyPreview"}


def table(head: list[str], rows: list[list[str]]) -> None:
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)
    print()


def choices(server: Server, name: str) -> list[str]:
    """What KSampler offers for an input."""
    kind, *options = server.get("/object_info")["KSampler"]["input"]["required"][name]
    return kind if isinstance(kind, list) else options[0]["options"]


def rows_table(server: Server, rows: list[Row]) -> None:
    offered = set(server.get("/object_info"))
    solution = run(server, whole(), SOLUTION).latent
    shown = []
    for row in rows:
        if lacking := row.needs - offered:
            shown.append([row.name, "not in this ComfyUI", "", "", "", ", ".join(sorted(lacking))])
            continue
        found = run(server, whole(), row, solution)
        wrong = verdict(row, found)
        works = (
            "no"
            if found.latent is None
            else "runs"
            if wrong
            else "works"
            if row.remark != UNCHANGED
            else "no effect"
        )
        figures = [f"{found.difference:.1e}", f"{found.distance:.3f}", f"{found.level:.2f}"]
        remark = "; ".join(filter(None, [row.remark, wrong.strip().splitlines()[0] if wrong else ""]))
        shown.append([row.name, works, *(figures if found.latent is not None else ["", "", ""]), remark])
    table(["node", "", "largest difference to ours", "distance to the solution", "level", "remark"], shown)


def samplers(server: Server) -> None:
    rows = []
    for name in choices(server, "sampler_name"):
        truth = {} if re.search(STOCHASTIC, name) else {"solution": SOLVED}
        truth["remark"] = CFG_PP if "cfg_pp" in name else "" if "solution" in truth else "stochastic"
        rows.append(sampler_row(name, **truth))
    rows_table(
        server, rows + [sampler_row("euler", name, solution=COARSE) for name in choices(server, "scheduler")]
    )


def nodes(server: Server) -> None:
    rows_table(server, [*NODES, COMPILED])
    loras.write_lora(server.base / "models")
    plain, none, full, merged = loras.sampled(server, whole())
    away = [float((a - b).abs().max()) for a, b in ((none, plain), (full, merged), (full, plain))]
    print("LoraLoaderModelOnly: strength 0 is {:.1e} from plain; strength 1 is {:.1e} from".format(*away[:2]))
    print(f"W + BA in a file of its own, {away[2]:.2f} from plain\n")


def windows(server: Server) -> None:
    shown = []
    for number, family in ((2033, "bounce"), (2034, "drum")):
        film = scene(number, family, 30.0)
        for name, size, overlap in (
            ("one pass", None, 0.0),
            ("8 s, 2 s overlap", 8.0, 2.0),
            ("4 s, 1 s", 4.0, 1.0),
        ):
            found = heard(server, whole(), film, size, overlap)
            figures = [
                f"{found.hits.f1:.2f}",
                f"{found.hits.offset_ms or 0:.0f}",
                f"{found.elsewhere.f1:.2f}",
            ]
            shown.append([f"{family}, 30 s", name, *figures])
    table(["film", "ContextWindowsManual", "hits F1", "offset ms", "hits moved in time, F1"], shown)


def memory(server: Server) -> None:
    found = measured(find_host(), "inside_memory:fifty_runs")["fifty_runs"]
    head = ["run", "networks", "their weights MB", "tensors", "tensors MB", "resident MB"]
    table(head, [[number, *(f"{value:.0f}" for value in held.values())] for number, held in found.items()])
    graph, resident = whole(), {}
    for number in range(1, QUEUED + 1):
        graph[SAMPLER]["inputs"]["seed"] = number
        outcome = server.run(graph)
        assert outcome.status == "success", outcome.error
        resident[number] = server.resident_mb()
    shown = ", ".join(f"{resident[n]:.0f} MB after {n}" for n in (1, 2, 10, 25, QUEUED))
    print(f"server, prompts with new seeds: {shown}")
    server.post("/free", {"unload_models": True, "free_memory": True})
    server.run(graph)
    print(f"server, after /free and one prompt more: {server.resident_mb():.0f} MB\n")
    shown = []
    for flag in FLAGS:
        if flag in (find_host()[0] / "comfy/cli_args.py").read_text():
            found = measured(find_host(), "inside_memory:unloaded_and_again", flag)["unloaded_and_again"]
            shown.append(
                [flag, f"{found['weights_mb']:.0f}", f"{found['let_go_mb']:.0f}", str(found["same"])]
            )
    table(["option", "weights MB", "given back MB", "same bits after unloading"], shown)


def interrupts(server: Server) -> None:
    make_clip(server.base / "input/long.mp4", round(LONG * FRAME_RATE))
    folder, preset = server.base / "models/foley", PRESETS["mmaudio_small_44k"]
    folder.mkdir(parents=True, exist_ok=True)
    for part, kind in (
        ("generator", "mmdit"),
        ("sync", "synchformer"),
        ("vae", "vae"),
        ("vocoder", "vocoder"),
    ):
        network = untrained(preset, part).half()
        save_own(folder / f"{part}.safetensors", network.state_dict(), kind, getattr(preset, part))
    graph = whole()
    graph["1"]["inputs"]["file"] = "long.mp4"
    graph[STEREO]["inputs"]["codec"] = ["6", 0]
    graph[ENCODE] = {
        "class_type": "KlingFoleyCodecEncode",
        "inputs": {"codec": ["6", 0], "audio": [DECODE, 0]},
    }
    print(f"{LONG} s of video, small model:\n")
    table(HEAD, [cancelled(server, graph, node) for node in ENDS])
    graph["2"]["inputs"]["model"] = "generator.safetensors"
    graph["5"]["inputs"]["sync_encoder"] = "sync.safetensors"
    graph["6"]["inputs"] = {"codec": "vae.safetensors", "vocoder": "vocoder.safetensors"}
    graph["12"]["inputs"] = {"seconds": float(LONG), "start": 0.0, "source_seconds": 0.0}
    graph["13"]["inputs"] = {"codec": ["6", 0], "seconds": float(LONG), "batch_size": 1}
    print("The same with networks of published sizes (mmaudio_small_44k, Synchformer, BigVGAN), untrained:\n")
    table(HEAD, [cancelled(server, graph, node) for node in (SYNC, SAMPLER, DECODE)])


def cancelled(server: Server, graph: dict, node: str) -> list[str]:
    """A node of the graph, cancelled at each of the DELAYS that it lives to see, with new noise or frames
    each time; then whether the next prompt works."""
    kind, latencies = ENDS[node], {}
    end = {"class_type": kind, "inputs": {SINKS[kind]: [node, 0], "filename_prefix": "end"}}
    if kind == "SaveVideo":
        end["inputs"] |= {"format": "auto", "codec": "auto"}
    if node in (VISUAL, SYNC):
        length = {"codec": ["6", 0], "features": [node, 0], "seconds": 8.0, "batch_size": 1}
        graph = graph | {"49": {"class_type": "KlingFoleyEmptyLatent", "inputs": length}}
        end["inputs"]["samples"] = ["49", 0]
    for number, delay in enumerate(DELAYS):
        graph = json.loads(json.dumps(graph | {"50": end}))
        graph[SAMPLER]["inputs"] |= {"seed": number, "steps": 20 if node == SAMPLER else 1}
        graph[VISUAL]["inputs"]["fps"] = graph[SYNC]["inputs"]["fps"] = 24.0 + number
        wanted = above(graph, "50")
        outcome = server.run({k: graph[k] for k in wanted}, seconds=1200, interrupt_at=node, after=delay)
        if outcome.status == "interrupted":
            latencies[delay] = outcome.latency
    again = server.run({k: whole()[k] for k in above(whole(), SAVE)}, seconds=1200).status
    longest = f"{max(latencies.values()):.2f}" if latencies else "done before"
    return [graph[node]["class_type"], ", ".join(f"{d:g}" for d in latencies), longest, again]


def above(graph: dict, node: str) -> set[str]:
    """The node and all that it depends on."""
    wires = [i[0] for i in graph[node]["inputs"].values() if isinstance(i, list)]
    return {node}.union(*(above(graph, wire) for wire in wires))


HEAD = ["node", "cancelled after, s", "longest latency, s", "next prompt"]
ENCODE = "40"
ENDS = {
    VISUAL: "SaveLatent",
    SYNC: "SaveLatent",
    SAMPLER: "SaveLatent",
    DECODE: "SaveAudio",
    ENCODE: "SaveLatent",
}
ENDS |= {STEREO: "SaveAudio", MUX: "SaveVideo"}
SINKS = {"SaveLatent": "samples", "SaveAudio": "audio", "SaveVideo": "video"}


def imports(server: Server) -> None:
    (line,) = re.findall(r"([\d.]+) seconds: \S*custom_nodes/kling-foley", server.log_text())
    found = measured(find_host(), "inside_imports")["pack"]
    print(f"the host's own line, Import times for custom nodes: {line} s")
    print(f"pack, entry, list and schemas of {found['nodes']} nodes, in a process with the host's own nodes:")
    print(
        f"{found['seconds']:.2f} s, {found['cpu_seconds']:.2f} s of it CPU time; packages imported that the"
    )
    print(f"host had not: {', '.join(found['foreign']) or 'none'}\n")


PARTS: dict[str, Callable[[Server], None]] = {
    part.__name__: part for part in (samplers, nodes, windows, memory, interrupts, imports)
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    options = parser.parse_args()
    host = find_host()
    if isinstance(host, str):
        sys.exit(host)
    version = re.search(r'"([\d.]+)"', (host[0] / "comfyui_version.py").read_text()).group(1)
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, torch {torch.__version__}"
    print(f"ComfyUI {version}, {machine}, {datetime.date.today()}\n")
    with tempfile.TemporaryDirectory() as folder:
        server = Server(*host, Path(folder))
        try:
            server.wait()
            make_clip(server.base / "input/clip.mp4")
            for part in options.only:
                print(f"## {part}\n")
                PARTS[part](server)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
