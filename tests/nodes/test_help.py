"""The nodes' help pages against the sources: every node has one, every input is explained, and the error
messages quoted there are the code's own; the Chinese pages against the English.

Read from the sources' syntax trees, so that no ComfyUI is needed.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "js" / "docs"
TREES = {path: ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "nodes").glob("*.py"))}
VALUES = {  # module-level lists and inputs that several nodes share
    target.id: node.value
    for tree in TREES.values()
    for node in tree.body
    if isinstance(node, ast.Assign)
    for target in node.targets
    if isinstance(target, ast.Name)
}
CLASSES = {n.name: n for tree in TREES.values() for n in tree.body if isinstance(n, ast.ClassDef)}
TROUBLE = "## When it goes wrong"
CHINESE = json.loads((ROOT / "locales" / "zh" / "nodeDefs.json").read_text("utf-8"))


def registered() -> list[str]:
    """The class names that the extension gives to the host."""
    for node in ast.walk(TREES[ROOT / "nodes" / "extension.py"]):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.List):
            return [element.id for element in node.value.elts]
    raise AssertionError("nodes/extension.py returns no list of nodes")


def schema(name: str) -> dict[str, ast.expr]:
    """The keyword arguments of a node's Schema."""
    for node in ast.walk(CLASSES[name]):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("schema", "io.Schema"):
            return {k.arg: k.value for k in node.keywords if k.arg}
    raise AssertionError(f"{name} has no schema")


def inputs_of(element: ast.expr) -> list[ast.Call]:
    """The calls that make inputs, through shared names and lists."""
    if isinstance(element, ast.Starred):
        return inputs_of(element.value)
    if isinstance(element, ast.Name):
        return inputs_of(VALUES[element.id])
    if isinstance(element, ast.List):
        return [call for part in element.elts for call in inputs_of(part)]
    assert isinstance(element, ast.Call), ast.unparse(element)
    return [element]


NODES = {ast.literal_eval(schema(name)["node_id"]): schema(name) for name in registered()}


def page(node_id: str) -> str:
    return (PAGES / f"{node_id}.md").read_text("utf-8")


def rows(text: str) -> dict[str, str]:
    """Name -> explanation, of a page's input table."""
    table = text.split("| Input |")[1].split("| Output |")[0]
    return dict(re.findall(r"^\| (\w+) \|(.*)$", table, re.M))


def test_every_node_has_a_page_and_every_page_a_node():
    assert len(NODES) == 30
    assert {path.stem for path in PAGES.glob("*.md")} == set(NODES)


@pytest.mark.parametrize("node_id", NODES)
def test_a_page_explains_exactly_the_inputs_of_its_node(node_id):
    calls = {ast.literal_eval(call.args[0]): call for call in inputs_of(NODES[node_id]["inputs"])}
    explained = rows(page(node_id))
    assert list(explained) == list(calls)
    for name, call in calls.items():
        for keyword in call.keywords:
            if keyword.arg == "default" and ast.literal_eval(keyword.value) != "":
                assert f" {ast.literal_eval(keyword.value)}" in explained[name], (name, "default")
            if keyword.arg == "optional":
                assert "optional" in explained[name], name


@pytest.mark.parametrize("node_id", NODES)
def test_a_page_is_headed_by_the_nodes_name_and_short(node_id):
    text = page(node_id)
    assert text.startswith(f"# {ast.literal_eval(NODES[node_id]['display_name'])}\n")
    assert 15 <= len(text.splitlines()) <= 45
    assert TROUBLE in text and ("## Files" in text) == node_id.endswith("Loader")


def messages() -> list[str]:
    """All texts of the code, docstrings apart; what is filled in at run time is a line break."""
    found = []
    for path in [*(ROOT / "nodes").rglob("*.py"), *(ROOT / "kling_foley_core").rglob("*.py")]:
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            if isinstance(node, ast.JoinedStr):
                parts = (v.value if isinstance(v, ast.Constant) else "\n" for v in node.values)
                found.append("".join(parts))
            elif isinstance(node, ast.Constant) and id(node) not in docstrings:
                found.append(re.sub(r"%[sd]", "\n", str(node.value)))
    return found


def test_the_messages_quoted_are_those_of_the_code():
    code, unknown = messages(), []
    for node_id in NODES:
        trouble = page(node_id).split(TROUBLE)[1].split("\n## ")[0]
        quotes = [q for q in re.findall(r"`([^`]+)`", " ".join(trouble.split())) if len(q.split()) > 2]
        for quote in quotes:
            bare = quote.removeprefix("is ")  # "FILE is WHAT": the file's name and "is" stand elsewhere
            pattern = re.compile(".*".join(map(re.escape, re.split(r"\s*…\s*", bare))), re.S)
            if not any(pattern.search(text) for text in code):
                unknown.append((node_id, quote))
    assert not unknown


def ids(text: str) -> list[str]:
    """Of the rows of a page's tables of inputs and outputs: `audio`, or what stands in brackets behind its
    Chinese name; a row may be of several."""
    cells = re.findall(r"^\| *([^|]*?) *\|", text, re.M)
    named = [c for c in cells if not c.startswith(("--", "Input", "Output", "输"))]
    words = re.compile(r"\((\w+)\)"), re.compile(r"(\w+)")
    return [word for cell in named for word in words["(" not in cell].findall(cell)]


def quoted(text: str) -> list[str]:
    return sorted(q for q in re.findall(r"`([^`]+)`", " ".join(text.split())) if len(q.split()) > 2)


@pytest.mark.parametrize("node_id", NODES)
def test_the_chinese_page_has_the_same_rows_and_messages(node_id):
    english, chinese = page(node_id), (PAGES / node_id / "zh.md").read_text("utf-8")
    assert chinese.startswith(f"# {CHINESE[node_id]['display_name']}")
    assert ids(chinese) == ids(english)
    assert quoted(chinese) == quoted(english)
    assert chinese.count("\n## ") == english.count("\n## ")
