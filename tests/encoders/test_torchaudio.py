"""torchaudio is never needed, and a broken one is named: transformers imports it whenever it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BUILD = """
{first}
from kling_foley_core.assembly import untrained
from kling_foley_core.presets import SMALL
untrained(SMALL, "text").encode(["a bell"])
print("encoded")
"""
ABSENT = """
import importlib.abc, sys
class Hidden(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torchaudio":
            raise ModuleNotFoundError("torchaudio is hidden", name=name)
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "torchaudio" else find(name, *more)
sys.meta_path.insert(0, Hidden())
"""


def encode_a_text(first: str) -> subprocess.CompletedProcess:
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", BUILD.format(first=first)]
    return subprocess.run(
        command, cwd=root, env=os.environ | {"PYTHONPATH": root}, capture_output=True, text=True
    )


def test_no_torchaudio_is_needed() -> None:
    done = encode_a_text(ABSENT)
    assert "encoded" in done.stdout, done.stderr


@pytest.mark.parametrize("error", ["RuntimeError('built for CUDA 13.0')", "OSError('undefined symbol')"])
def test_a_torchaudio_that_raises_is_named_with_the_remedy(tmp_path, error) -> None:
    package = tmp_path / "torchaudio"
    package.mkdir()
    (package / "__init__.py").write_text(f"raise {error}")
    done = encode_a_text(f"import sys; sys.path.insert(0, {str(tmp_path)!r})")
    if "encoded" not in done.stdout:  # releases of transformers that leave torchaudio alone are fine
        assert "InputError: the installed torchaudio" in done.stderr, done.stderr
        assert "pip uninstall torchaudio" in done.stderr
