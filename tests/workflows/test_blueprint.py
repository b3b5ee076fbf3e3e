"""The blueprint: links lead where they say, outside shows what is inside, and the page finds it."""

from __future__ import annotations

import json
from pathlib import Path

import node_schemas
import pytest
from page_prompt import INPUT, OUTPUT

ROOT = Path(__file__).parents[2]
(FILE,) = (ROOT / "subgraphs").glob("*.json")
SHIPPED = sorted((ROOT / "workflows").glob("*.json"))
SEARCHED = ("foley", "v2a", "video to audio", "sound effects")
SHOWN = ["video", "images", "fps", "prompt", "negative_prompt", "seconds", "takes", "seed", "system"]
DEFAULTS = {"seconds": 0.0, "takes": 1, "system": "small (built in)"}


@pytest.fixture(scope="module")
def whole() -> dict:
    return json.loads(FILE.read_text("utf-8"))


@pytest.fixture(scope="module")
def blueprint(whole) -> tuple[dict, dict]:
    """(the node that stands for it, what is inside)."""
    (node,), (inside,) = whole["nodes"], whole["definitions"]["subgraphs"]
    assert node["type"] == inside["id"] and inside["name"] == FILE.stem
    return node, inside


def test_it_is_searched_by_the_words_of_its_trade(whole):
    assert FILE.stem == "Foley\u2236 Video to Audio"  # Windows allows no colon in a file's name
    assert set(SEARCHED) <= set(whole["extra"]["BlueprintSearchAliases"])


def test_no_node_stands_before_it_in_a_search():
    """The page puts the shorter name first where two have the same word."""
    for schema in node_schemas.schemas().values():
        assert not set(SEARCHED) & set(schema.search_aliases), schema.node_id


def test_it_says_what_it_is_for(whole, blueprint):
    assert whole["extra"]["BlueprintDescription"] == blueprint[1]["description"]
    assert blueprint[1]["category"] == "Audio/Foley"


def test_the_renderer_has_a_sync_encoder_of_its_own(blueprint):
    """MMAudio's tokens are six times as wide as those that the built-in renderer was trained with."""
    inside = blueprint[1]
    nodes = {n["id"]: n for n in inside["nodes"]}
    into = {(link["target_id"], link["target_slot"]): link for link in inside["links"]}

    def encoder_of(kind: str) -> str:
        (node,) = (n for n in nodes.values() if n["type"] == kind)
        slot = [i["name"] for i in node["inputs"]].index("sync_features")
        link = into[into[node["id"], slot]["origin_id"], 0]
        return nodes[link["origin_id"]]["outputs"][link["origin_slot"]]["name"]

    assert encoder_of("KlingFoleyStereoRenderer") == "stereo_sync_encoder"
    assert encoder_of("KlingFoleyConditioning") == "sync_encoder"


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
    assert [i["name"] for i in node["inputs"]] == [i["name"] for i in inside["inputs"]] == SHOWN
    given = [[o["name"] for o in side["outputs"]] for side in (node, inside)]
    assert given == [["audio", "video"]] * 2
    shown = [i["name"] for i in node["inputs"] if "widget" in i]
    assert node["properties"]["proxyWidgets"] == [["-1", name] for name in shown]
    assert DEFAULTS.items() <= dict(zip(shown, node["widgets_values"], strict=True)).items()


def test_it_has_a_preview_inside(blueprint):
    assert "KlingFoleyPreview" in {n["type"] for n in blueprint[1]["nodes"]}


def test_the_templates_hold_the_same(blueprint):
    """A workflow carries what its blueprint was when it was made: none may be left behind."""
    held = [
        s
        for p in SHIPPED
        for s in json.loads(p.read_text("utf-8")).get("definitions", {}).get("subgraphs", [])
        if s["id"] == blueprint[1]["id"]  # others have subgraphs of their own
    ]
    assert len(held) >= 2
    for inside in held:
        assert inside | {"name": ""} == blueprint[1] | {"name": ""}
