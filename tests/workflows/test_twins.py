"""Each shipped workflow has an API twin that says the same; the host tests run the twin."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from page_prompt import NOTES, as_prompt
from PIL import Image

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "workflows"
SHIPPED = sorted(FOLDER.glob("*.json"))
CHINESE = re.compile("[\u4e00-\u9fff]")
CODE = re.compile(r"`|^\|", re.M)  # what Nodes 2.0 sets in blue on a note's brown
NOT_IN_NAMES = set('<>:"/\\|?*')  # what Windows refuses
MOST_NODES = 7


def twin(path: Path) -> Path:
    return FOLDER / "api" / (re.sub("[^a-z0-9]+", "_", path.stem.lower()) + ".json")


def shown(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def test_something_is_shipped_and_no_twin_is_left_over():
    assert SHIPPED
    assert {twin(p) for p in SHIPPED} == set((FOLDER / "api").glob("*.json"))


def test_the_commonest_job_stands_first_and_takes_three_nodes():
    workflow = shown(SHIPPED[0])
    nodes = [n for n in workflow["nodes"] if n["type"] not in NOTES]
    assert SHIPPED[0].stem == "Foley\u2236 Video to Audio"
    assert len(nodes) == 3 and len(workflow["links"]) == 2


def test_every_system_can_have_the_files():
    for path in (*SHIPPED, *(ROOT / "subgraphs").glob("*.json")):
        assert not NOT_IN_NAMES & set(path.name)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_twin_says_the_same(path):
    assert as_prompt(shown(path)) == json.loads(twin(path).read_text("utf-8"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_workflow_is_whole_and_short(path):
    workflow = shown(path)
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
        assert output["type"] == kind and (kind in entry["type"].split(",") or entry["type"] == "*")
    assert len([n for n in nodes.values() if n["type"] not in NOTES]) <= MOST_NODES


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_its_note_speaks_both_languages_in_words_that_can_be_read(path):
    (text,) = (n["widgets_values"][0] for n in shown(path)["nodes"] if n["type"] == "MarkdownNote")
    english, chinese = text.split("\n---\n")
    assert CHINESE.search(chinese) and not CHINESE.search(english)
    assert not CODE.search(text)


def test_thumbnails_are_square_small_and_differ():
    pictures = {}
    for path in SHIPPED:
        file = path.with_suffix(".jpg")
        assert file.stat().st_size < 100_000
        with Image.open(file) as image:
            assert image.size == (512, 512)  # the page shows them in a square
            small = image.convert("L").resize((16, 16))
        pictures[path.stem] = np.asarray(small, np.float32)
    apart = {(a, b): np.abs(pictures[a] - pictures[b]).mean() for a, b in combinations(pictures, 2)}
    assert min(apart.values()) > 10, min(apart, key=apart.get)  # grey levels
