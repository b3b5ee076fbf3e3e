"""The pack's entry without ComfyUI: importing it does nothing, and a foreign module name is no matter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PACK = Path(__file__).parents[2]
LOAD = f"""
import importlib, importlib.util, sys
spec = importlib.util.spec_from_file_location(
    "a-pack", r"{PACK}/__init__.py", submodule_search_locations=[r"{PACK}"]
)
pack = sys.modules["a-pack"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pack)
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", LOAD + code], capture_output=True, text=True, cwd="/", timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_pack_imports_nothing_heavy_and_offers_an_entry():
    code = "print(pack.WEB_DIRECTORY, callable(pack.comfy_entrypoint), {'torch', 'comfy'} & set(sys.modules))"
    assert run(code).split() == ["./js", "True", "set()"]


def test_the_library_works_as_a_part_of_the_pack():
    code = """
importlib.import_module("a-pack.kling_foley_core.generation.pipeline")
heavy = ("kling_foley_core", "comfy", "torchaudio", "transformers", "av")
print([m for m in sys.modules if m.split(".")[0] in heavy])
"""
    assert run(code).strip() == "[]"
