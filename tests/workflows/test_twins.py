"""Each shipped workflow has an API twin that says the same; the host tests run the twin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "workflows"
NOTES = ("Note", "MarkdownNote")
OF_THE_PAGE = {"control_after_generate", "upload"}  # widgets that never reach the server
SHIPPED = sorted(FOLDER.glob("*.json"))


def as_prompt(workflow: dict) -> dict:
    """What the page would send for a workflow in UI format: node id -> class and inputs."""
    sources = {link: [str(node), slot] for link, node, slot, *_ in workflow["links"]}
    prompt = {}
    for node in workflow["nodes"]:
        if node["type"] in NOTES:
            continue
        inputs = {k: v for k, v in node.get("widgets_values_named", {}).items() if k not in OF_THE_PAGE}
        inputs |= {i["name"]: sources[i["link"]] for i in node["inputs"] if i.get("link") is not None}
        prompt[str(node["id"])] = {"class_type": node["type"], "inputs": inputs}
    return prompt


def twin(path: Path) -> Path:
    return FOLDER / "api" / f"{path.stem.lower().replace(' ', '_')}.json"


def test_something_is_shipped_and_no_twin_is_left_over():
    assert SHIPPED
    assert {twin(p) for p in SHIPPED} == set((FOLDER / "api").glob("*.json"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_twin_says_the_same(path):
    shown, sent = as_prompt(json.loads(path.read_text())), json.loads(twin(path).read_text())
    assert shown.keys() == sent.keys()
    for node, entry in sent.items():
        assert shown[node]["class_type"] == entry["class_type"]
        # The page may know inputs of its own (a codec under a dotted name); the twin's must all be there.
        assert entry["inputs"].items() <= shown[node]["inputs"].items(), node


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_workflow_is_whole(path):
    workflow = json.loads(path.read_text())
    nodes = {n["id"]: n for n in workflow["nodes"]}
    for node in nodes.values():
        # Older pages read widgets by place, newer ones by name.
        if "widgets_values_named" in node:
            assert list(node["widgets_values_named"].values()) == node["widgets_values"]
        # Kept where a link is taken away: it must be something that can be sent.
        assert None not in node.get("widgets_values", []), node["type"]
    for link, source, slot, target, place, kind in workflow["links"]:
        output, entry = nodes[source]["outputs"][slot], nodes[target]["inputs"][place]
        assert link in output["links"] and entry["link"] == link
        assert output["type"] == kind and kind in entry["type"].split(",")
    assert any(n["type"] == "MarkdownNote" for n in nodes.values())
    assert path.with_suffix(".jpg").is_file()
