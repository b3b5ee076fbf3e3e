"""Which room of the library may import which, read from the sources; and no module imports itself, by however
many others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import kling_foley_core

ROOT = Path(kling_foley_core.__file__).parent
CORE = ROOT.name
# Room -> rooms that nothing in it may import, not even within a function.
FORBIDDEN = {
    "foley_world": ("data", "training", "evaluation", "cli", "generation", "presets"),
    "data": ("training", "evaluation", "cli"),
    "training": ("foley_world", "evaluation", "cli"),
    "evaluation": ("cli",),
    "preview": ("evaluation", "foley_world", "data", "training", "cli"),
    "editing": ("generation", "presets", "data", "training", "evaluation", "cli"),
    "marks": ("generation", "presets", "foley_world", "data", "training", "evaluation", "cli"),
    "mix": ("generation", "presets", "data", "training", "evaluation", "cli"),
    "batch": ("generation", "foley_world", "training", "evaluation", "cli"),
    "pages": ("generation", "data", "batch", "foley_world", "training", "evaluation", "cli"),
    "networks": (
        "media",
        "encoders",
        "mmdit",
        "codec",
        "stereo",
        "systems",
        "generation",
        "data",
        "training",
    ),
    "systems": ("generation", "foley_world", "data", "training", "evaluation", "cli"),
    "generation": ("foley_world", "data", "training", "evaluation", "cli"),
    "files": ("media", "data", "foley_world", "training", "evaluation"),
}
OUTSIDE = ("comfy", "comfy_api", "folder_paths", "nodes")


def sources(root: Path) -> dict[str, Path]:
    """Dotted name -> file of all modules under `root`, itself included."""
    found = {}
    for path in root.rglob("*.py"):
        parts = path.relative_to(root.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name: str, modules: dict[str, Path], *, lazy: bool) -> set[str]:
    """Modules that `name` imports; `lazy`: those within functions and for type checking too."""
    path, found = modules[name], set()
    base = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in _statements(ast.parse(path.read_text(encoding="utf-8")), lazy):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
            continue
        above = base.split(".")[: len(base.split(".")) - node.level + 1] if node.level else []
        source = ".".join([*above, *(node.module or "").split(".")]).strip(".")
        for alias in node.names:
            inner = f"{source}.{alias.name}"
            found.add(inner if inner in modules else source)
    return found


def _statements(tree: ast.AST, lazy: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif lazy or not (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        ):
            yield from _statements(node, lazy)


def cycle(modules: dict[str, Path]) -> list[str]:
    """A round of modules that import one another when they are imported; empty if there is none."""
    graph = {name: imports(name, modules, lazy=False) & set(modules) for name in modules}
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in sorted(graph[name]):
            if found := walk(other, [*path, name]):
                return found
        done.add(name)
        return []

    for name in sorted(modules):
        if found := walk(name, []):
            return found
    return []


def against(room: str, forbidden: tuple[str, ...], modules: dict[str, Path]) -> list[str]:
    """Every import of a forbidden room from within `room`."""
    return [
        f"{name} imports {other}"
        for name in sorted(modules)
        if name.split(".")[1:2] == [room]
        for other in sorted(imports(name, modules, lazy=True))
        if other.split(".")[:1] == [CORE] and other.split(".")[1:2] and other.split(".")[1] in forbidden
    ]


@pytest.mark.parametrize("room", FORBIDDEN)
def test_rooms_keep_to_their_side(room: str) -> None:
    assert against(room, FORBIDDEN[room], sources(ROOT)) == []


def test_training_knows_no_preset() -> None:
    """Only what a preset is, and what suits a network: which one is an argument."""
    for name, path in sources(ROOT).items():
        if name.split(".")[1:2] == ["training"]:
            for node in _statements(ast.parse(path.read_text(encoding="utf-8")), True):
                if isinstance(node, ast.ImportFrom) and (node.module or "") == "presets" and node.level > 1:
                    assert {alias.name for alias in node.names} <= {"Preset", "usual_guidance"}, name


def test_the_library_knows_nothing_of_the_host() -> None:
    modules = sources(ROOT)
    names = {n.split(".")[0] for name in modules for n in imports(name, modules, lazy=True)}
    assert names.isdisjoint(OUTSIDE)


def test_no_module_imports_itself_by_others() -> None:
    assert cycle(sources(ROOT)) == []


def test_what_the_rules_would_find(tmp_path) -> None:
    """A library of four modules that breaks each rule."""
    core = tmp_path / CORE
    for name, text in {
        "__init__.py": "",
        "data/__init__.py": "from . import a",
        "data/a.py": "def f():\n    from ..training.b import x",
        "training/__init__.py": "",
        "training/b.py": "import comfy.utils\nfrom .c import y",
        "training/c.py": "try:\n    from . import b\nexcept ImportError:\n    pass",
    }.items():
        (core / name).parent.mkdir(parents=True, exist_ok=True)
        (core / name).write_text(text)
    modules = sources(core)
    assert against("data", ("training",), modules) == [f"{CORE}.data.a imports {CORE}.training.b"]
    assert "comfy.utils" in imports(f"{CORE}.training.b", modules, lazy=True)
    assert cycle(modules) == [f"{CORE}.training.{m}" for m in "bcb"]
    (core / "training/c.py").write_text("from __future__ import annotations\ndef f():\n    from . import b")
    assert cycle(modules) == []
