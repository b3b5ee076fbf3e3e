"""Whose the networks of others are that come with the library: each file is listed, and its licence lies
beside it."""

from __future__ import annotations

import fnmatch
import sys
from pathlib import Path

import pytest

from kling_foley_core.evaluation import networks

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(networks.__file__).parent
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.safetensors"))
PACKAGE = FOLDER.parents[1]


def test_there_are_two() -> None:
    assert FILES == ["silero/silero.safetensors", "yamnet/yamnet.safetensors"]


@pytest.mark.parametrize("name", FILES)
def test_each_is_listed_with_a_licence_that_is_there(name: str) -> None:
    rows = [row for row in (FOLDER / "LICENCES.md").read_text(encoding="utf-8").splitlines() if name in row]
    licence = f"{name.removesuffix('.safetensors')}.LICENSE.txt"
    assert len(rows) == 1 and licence in rows[0] and "Copyright" in rows[0]
    title = {"silero": "MIT License", "yamnet": "Apache License"}[name.split("/")[0]]
    assert title in (FOLDER / licence).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", [*FILES, "sound_classifiers.safetensors", "LICENCES.md", "yamnet/yamnet.LICENSE.txt"]
)
def test_each_is_installed(name: str) -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"][PACKAGE.name]
    path = (FOLDER / name).relative_to(PACKAGE).as_posix()
    assert any(fnmatch.fnmatch(path, pattern) for pattern in patterns)
