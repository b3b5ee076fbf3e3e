"""Every shipped graph can be read: nothing overlaps, no wire runs through a node, and the whole is legible in
a window 1440 pixels wide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = [*sorted((ROOT / "workflows").glob("*.json")), *sorted((ROOT / "subgraphs").glob("*.json"))]
WINDOW = (1440, 900)
FILLED, MARGIN = 0.75, 10  # what "Fit view" makes of a graph: its part of the window, with so much around
LEGIBLE = (
    8 / 14
)  # the least scale: where words of 14 pixels would have fewer than 8, the page leaves them out
TITLE, ROW, WIDGET = 30, 20, 24  # heights, as the page has them
GAP = 20  # the least distance of two nodes
BEND = 0.25  # how far a wire's handles reach, of its length
INPUT, OUTPUT = -10, -20  # the page's numbers for a blueprint's own sides


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def holds(self, x: float, y: float) -> bool:
        return self.left < x < self.right and self.top < y < self.bottom

    def near(self, other: Box) -> bool:
        return not (
            self.right + GAP <= other.left
            or other.right + GAP <= self.left
            or self.bottom + GAP <= other.top
            or other.bottom + GAP <= self.top
        )


def box(node: dict[str, Any]) -> Box:
    (x, y), (width, height) = node["pos"], node["size"]
    return Box(x, y - TITLE, x + width, y + height)


def side(end: dict[str, Any]) -> Box:
    x, y, width, height = end["bounding"]
    return Box(x, y, x + width, y + height)


def graphs() -> dict[str, dict[str, Any]]:
    """Each graph that a person sees: nodes, wires as (node, slot, node, slot), a blueprint's sides."""
    found = {}
    for path in SHIPPED:
        whole = json.loads(path.read_text())
        wires = [(a, i, b, k) for _, a, i, b, k, _ in whole["links"]]
        found[path.stem] = {"nodes": whole["nodes"], "wires": wires, "sides": {}}
        if path.parent.name == "subgraphs":
            (inside,) = whole["definitions"]["subgraphs"]
            names = ("origin_id", "origin_slot", "target_id", "target_slot")
            wires = [tuple(link[name] for name in names) for link in inside["links"]]
            sides = {INPUT: side(inside["inputNode"]), OUTPUT: side(inside["outputNode"])}
            found[f"inside {path.stem}"] = {"nodes": inside["nodes"], "wires": wires, "sides": sides}
    return found


GRAPHS = graphs()


def boxes(graph: dict[str, Any]) -> dict[int, Box]:
    return {node["id"]: box(node) for node in graph["nodes"]} | graph["sides"]


def path_of(graph: dict[str, Any], wire: tuple) -> list[tuple[float, float]]:
    """Points along a wire, from the right of its beginning to the left of its end."""
    around, (source, out, target, into) = boxes(graph), wire

    def height(of: int, slot: int) -> float:
        return around[of].top + (TITLE if of not in graph["sides"] else 0) + ROW * (slot + 0.7)

    (x0, y0), (x1, y1) = (
        (around[source].right, height(source, out)),
        (around[target].left, height(target, into)),
    )
    reach = BEND * ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    points = []
    for step in range(1, 60):
        t = step / 60
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
        points.append((a * x0 + b * (x0 + reach) + c * (x1 - reach) + d * x1, (a + b) * y0 + (c + d) * y1))
    return points


@pytest.mark.parametrize("name", GRAPHS)
def test_nothing_overlaps(name):
    around = list(boxes(GRAPHS[name]).items())
    pairs = [(a, b) for k, (a, one) in enumerate(around) for b, other in around[k + 1 :] if one.near(other)]
    assert not pairs


@pytest.mark.parametrize("name", GRAPHS)
def test_no_wire_runs_through_a_node(name):
    graph = GRAPHS[name]
    around = boxes(graph)
    crossed = [
        (wire, node)
        for wire in graph["wires"]
        for node, place in around.items()
        if node not in (wire[0], wire[2]) and any(place.holds(*point) for point in path_of(graph, wire))
    ]
    assert not crossed


@pytest.mark.parametrize("name", GRAPHS)
def test_wires_run_from_left_to_right(name):
    around = boxes(GRAPHS[name])
    back = [w for w in GRAPHS[name]["wires"] if around[w[0]].right + GAP > around[w[2]].left]
    assert not back


@pytest.mark.parametrize("name", [name for name in GRAPHS if not name.startswith("inside")])
def test_the_whole_is_legible_in_the_window(name):
    around = boxes(GRAPHS[name]).values()
    width = max(b.right for b in around) - min(b.left for b in around) + 2 * MARGIN
    height = max(b.bottom for b in around) - min(b.top for b in around) + 2 * MARGIN
    assert FILLED * min(WINDOW[0] / width, WINDOW[1] / height) >= LEGIBLE


@pytest.mark.parametrize("name", GRAPHS)
def test_every_node_is_as_high_as_what_it_shows(name):
    """A node that is stored too low grows when it is opened, over what stands below it."""
    low = {}
    for node in GRAPHS[name]["nodes"]:
        sockets = [i for i in node["inputs"] if "widget" not in i]
        rows = max(len(sockets), len(node["outputs"]))
        least = ROW * rows + WIDGET * len(node.get("widgets_values") or [])
        if node["size"][1] < least:
            low[node["type"]] = least
    assert not low
