"""Cancel stops every node's loop within one step, and the next run is as if nothing had been."""

from __future__ import annotations

import pytest
from graphs import SAMPLER
from inside import measured

WITHIN_A_LAYER = ["text", "visual", "sync", "encode", "decode", "stereo", "stereo, two mels"]
WITHIN_A_REPORT = ["reading video", "reading images", "writing video"]
STEPS = 12  # of the sampling in inside_interrupts.py


@pytest.fixture(scope="module")
def cancelled(host) -> dict:
    return measured(host, "inside_interrupts")["nodes"]


@pytest.mark.parametrize("work", WITHIN_A_LAYER + WITHIN_A_REPORT)
def test_nothing_more_is_computed_once_cancelled(cancelled, work):
    found = cancelled[work]
    assert found["calls"] >= 6
    assert (found["ended"], found["later"], found["again"]) == ("cancelled", 0, True)


def test_sampling_ends_with_its_step(cancelled):
    found = cancelled["sampling"]
    assert found["ended"] == "cancelled" and found["again"]
    assert found["later"] <= found["calls"] / STEPS


def test_no_half_written_video_stays(cancelled):
    assert cancelled["left over"] == ["clip.mp4"]


def test_cancelling_in_the_server_stops_the_sampler_and_the_next_run_works(server, graph):
    graph[SAMPLER]["inputs"] |= {"steps": 1000, "seed": 3}
    outcome = server.run(graph, interrupt_at=SAMPLER)
    assert outcome.status == "interrupted"
    assert outcome.progress[SAMPLER][-1][0] < 1000
    graph[SAMPLER]["inputs"]["steps"] = 2
    assert server.run(graph).status == "success"
