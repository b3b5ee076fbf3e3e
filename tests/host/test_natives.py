"""The host's own samplers, guiders and model nodes run our MODEL: equal to ours, near the flow's solution, or
at least a sound of sane level (natives.py says which)."""

from __future__ import annotations

import pytest
from graphs import whole_graph
from natives import NODES, SAMPLERS, SOLUTION, run, verdict

BROKEN_BEFORE_2026 = {"RescaleCFG": "this one's takes pictures alone"}


@pytest.fixture(scope="module")
def solution(server):
    found = run(server, whole_graph(), SOLUTION)
    assert found.latent is not None, found.outcome.error
    return found.latent


@pytest.fixture(scope="module")
def offered(server) -> dict:
    return server.get("/object_info")


@pytest.mark.parametrize("row", SAMPLERS + NODES, ids=lambda row: row.name)
def test_the_hosts_node_runs_our_model(server, graph, solution, offered, row):
    if lacking := row.needs - set(offered):
        pytest.skip(f"needs a ComfyUI with {', '.join(sorted(lacking))}")
    if row.name in BROKEN_BEFORE_2026 and "DualModelGuider" not in offered:
        pytest.skip(f"needs a ComfyUI of 2026 for {row.name}: {BROKEN_BEFORE_2026[row.name]}")
    assert verdict(row, run(server, graph, row, solution)) == ""
