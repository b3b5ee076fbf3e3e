"""The graph keeps what has not changed: read from the host's execution_cached and executing messages."""

from __future__ import annotations

import pytest
from graphs import SAMPLER, STEREO, SYNC, TEXT, VISUAL, below


@pytest.mark.parametrize(
    ("node", "change"),
    [
        (SAMPLER, {"seed": 11}),
        (SAMPLER, {"steps": 3}),
        (SAMPLER, {"cfg": 5.0}),
        (TEXT, {"text": "rain on a tin roof"}),
        ("9", {"text": "wind"}),
        (STEREO, {"codec": ["6", 0]}),
    ],
    ids=["seed", "steps", "guidance", "prompt", "negative prompt", "way of stereo"],
)
def test_a_change_runs_only_what_depends_on_it(server, graph, node, change):
    graph[SAMPLER]["inputs"]["steps"] = 2
    assert server.run(graph).status == "success"
    graph[node]["inputs"] |= change
    outcome = server.run(graph)
    assert outcome.status == "success", outcome.error
    assert set(outcome.ran) == below(graph, node)
    assert outcome.cached == set(graph) - below(graph, node)
    assert {VISUAL, SYNC} <= outcome.cached  # the video is not looked at again


def test_the_same_again_runs_nothing(server, graph):
    assert server.run(graph).status == "success"
    outcome = server.run(graph)
    assert outcome.status == "success" and not outcome.ran and outcome.cached == set(graph)
