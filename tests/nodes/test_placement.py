"""nodes/ leaves placement to the host: what could move weights or empty caches is not called. Read from the
sources' syntax trees, so that no ComfyUI is needed."""

from __future__ import annotations

import ast
from pathlib import Path

NODES = Path(__file__).parents[2] / "nodes"
# `.to` on data of one run: to where the host has the network, to the type computed in, and back.
DATA_MOVED = {
    ("host/flow_model.py", "features.to(device)"),
    ("host/flow_model.py", "masks.to(own.align.device)"),
    ("host/flow_model.py", "piece.to(x.dtype)"),
    ("host/flow_model.py", "velocity.to(x.dtype)"),
    ("host/flow_model.py", "self.mean.to(latent)"),
    ("host/flow_model.py", "self.std.to(latent)"),
    ("sampling.py", "samples.to(device=memory.intermediate_device(), dtype=dtype)"),
    ("host/patcher.py", "x.to(self.place.load)"),
    ("host/patcher.py", "out.to(device=memory.intermediate_device(), dtype=torch.float32)"),
}
NEVER = {"cuda", "empty_cache", "soft_empty_cache", "unload_all_models", "free_memory", "synchronize", "half"}


def calls() -> list[tuple[str, ast.Call, str]]:
    """(file, call, the method's or function's last name)."""
    return [
        (path.relative_to(NODES).as_posix(), node, getattr(node.func, "attr", getattr(node.func, "id", "")))
        for path in sorted(NODES.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]


def test_only_the_data_of_a_run_is_moved():
    moved = {
        (file, ast.unparse(call))
        for file, call, name in calls()
        if name == "to" and call.args + call.keywords
    }
    assert {m for m in moved if "torch.uint8" not in m[1]} == DATA_MOVED


def test_nothing_is_freed_or_placed_by_hand():
    assert not [(file, ast.unparse(call)) for file, call, name in calls() if name in NEVER]
