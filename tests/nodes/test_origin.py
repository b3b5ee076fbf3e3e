"""Whether a sound is made by Foley, and by which model, as the graph that runs tells."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("origin_alone", ROOT / "nodes/host/origin.py")
MODULE = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(MODULE)
origin = MODULE.origin


@pytest.fixture
def graph() -> dict:
    return json.loads((ROOT / "tests/host/whole_graph.json").read_text())


def test_the_sound_of_a_whole_graph_is_made_by_its_model(graph):
    assert origin(graph, "17", "audio") == (True, "small (built in)")
    assert origin(graph, "17", "video") == (False, None)


def test_a_systems_name_is_its_loaders(graph):
    graph["2"] = {"class_type": "KlingFoleySystemLoader", "inputs": {"system": "mmaudio_large_44k_v2.pth"}}
    assert origin(graph, "17", "audio") == (True, "mmaudio_large_44k_v2.pth")


def test_a_loaded_sound_is_not_made_even_where_foley_renders_its_stereo(graph):
    graph["30"] = {"class_type": "LoadAudio", "inputs": {"audio": "a.wav"}}
    graph["16"]["inputs"]["audio"] = ["30", 0]
    del graph["16"]["inputs"]["mel"]
    assert origin(graph, "17", "audio") == (False, None)


def test_what_is_not_known_counts_as_made(graph):
    assert origin(None, None, "audio") == origin(graph, "99", "audio") == (True, None)
    graph["2"]["inputs"]["model"] = ["40", 0]  # a wire in the place of the name
    assert origin(graph, "17", "audio") == (True, None)


def test_wires_in_a_circle_end(graph):
    graph["14"]["inputs"]["latent"] = ["16", 0]
    assert origin(graph, "17", "audio")[0]


def test_a_widget_whose_value_is_a_list_of_two_is_no_wire(graph):
    graph["16"]["inputs"]["points"] = [[0, 0], [1, 1]]
    graph["16"]["inputs"]["range"] = [{"from": 1}, 2]
    assert origin(graph, "17", "audio") == (True, "small (built in)")
