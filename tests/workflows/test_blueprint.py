"""The all-in-one blueprint: links lead where they say, and what it shows outside is what it has inside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
(FILE,) = (ROOT / "subgraphs").glob("*.json")
TEMPLATE = json.loads((ROOT / "workflows/api/foley_for_a_clip.json").read_text())
OUTSIDE = {
    "LoadVideo",
    "SaveVideo",
    "KlingFoleyPreview",
}  # nodes of the template that the blueprint is put between
OF_ITS_OWN = ["KlingFoleySyncEncoderLoader", "KlingFoleySyncFeatures"]  # of the renderer, whatever the model
INPUT, OUTPUT = -10, -20  # the page's numbers for the blueprint's own sides


@pytest.fixture(scope="module")
def blueprint() -> tuple[dict, dict]:
    """(the node that stands for it, what is inside)."""
    whole = json.loads(FILE.read_text())
    (node,), (inside,) = whole["nodes"], whole["definitions"]["subgraphs"]
    assert node["type"] == inside["id"] and inside["name"] == FILE.stem
    return node, inside


def test_it_holds_the_nodes_of_the_template(blueprint):
    wanted = [n["class_type"] for n in TEMPLATE.values() if n["class_type"] not in OUTSIDE]
    assert sorted(n["type"] for n in blueprint[1]["nodes"]) == sorted(wanted + OF_ITS_OWN)


def test_the_renderer_has_a_sync_encoder_of_its_own(blueprint):
    """MMAudio's tokens are six times as wide as those that the built-in renderer was trained with."""
    inside = blueprint[1]
    nodes = {n["id"]: n for n in inside["nodes"]}
    into = {(link["target_id"], link["target_slot"]): link["origin_id"] for link in inside["links"]}

    def encoder_of(kind: str) -> int:
        (node,) = (n for n in nodes.values() if n["type"] == kind)
        slot = [i["name"] for i in node["inputs"]].index("sync_features")
        return into[into[node["id"], slot], 0]

    of_renderer, of_model = (encoder_of(f"KlingFoley{k}") for k in ("StereoRenderer", "Conditioning"))
    assert {nodes[n]["type"] for n in (of_renderer, of_model)} == {"KlingFoleySyncEncoderLoader"}
    assert of_renderer != of_model


def test_every_link_joins_sockets_of_its_type(blueprint):
    inside = blueprint[1]
    nodes = {n["id"]: n for n in inside["nodes"]}
    for link in inside["links"]:
        source, target = link["origin_id"], link["target_id"]
        if source == INPUT:
            out = inside["inputs"][link["origin_slot"]]
            assert link["id"] in out["linkIds"]
        else:
            out = nodes[source]["outputs"][link["origin_slot"]]
            assert link["id"] in out["links"]
        if target == OUTPUT:
            entry = inside["outputs"][link["target_slot"]]
            assert entry["linkIds"] == [link["id"]]
        else:
            entry = nodes[target]["inputs"][link["target_slot"]]
            assert entry["link"] == link["id"]
        assert out["type"] == link["type"] and link["type"] in entry["type"].split(",")


def test_outside_it_shows_what_it_takes_and_gives(blueprint):
    node, inside = blueprint
    assert [i["name"] for i in node["inputs"]] == [i["name"] for i in inside["inputs"]]
    assert (
        [o["name"] for o in node["outputs"]] == [o["name"] for o in inside["outputs"]] == ["video", "audio"]
    )
    shown = [i["name"] for i in node["inputs"] if "widget" in i]
    assert node["properties"]["proxyWidgets"] == [["-1", name] for name in shown]
    assert len(node["widgets_values"]) == len(shown)
