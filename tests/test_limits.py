"""Every limit has a name of its own: a second one of the name would silently replace the first."""

from __future__ import annotations

import ast
from pathlib import Path

from kling_foley_core import limits


def test_no_name_is_given_twice() -> None:
    tree = ast.parse(Path(limits.__file__).read_text("utf-8"))
    names = [target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    assert len(names) > 20 and len(set(names)) == len(names)
