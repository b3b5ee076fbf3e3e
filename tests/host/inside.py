"""Runs in a process with ComfyUI's code (not a test file): the pack under the host's own memory manager, no
server.

    cd COMFYUI && PYTHON .../tests/host/inside.py MODULE [OPTION OF COMFYUI ...]

Prints the results of MODULE's CHECKS (functions without arguments; MODULE:CHECK for one of them) as one line
of JSON. The pack is imported under a name that the host could give it, with a dash, as it lies under
custom_nodes.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

PACK = Path(__file__).parents[2]
NAME = "kling-foley"


def part(name: str) -> ModuleType:
    """A module of the pack, such as "nodes.codec"."""
    return importlib.import_module(f"{NAME}.{name}")


def seen(kind: str, tokens: Any, seconds: Any) -> Any:
    """VideoFeatures as the built-in "visual" or "sync" encoder gives them."""
    config = getattr(part("kling_foley_core.presets").SMALL, kind)
    source = part("kling_foley_core.systems.compatibility").Source(
        part("nodes.host.networks").SMALL_CHOICE, config
    )
    return part("nodes.host.types").VideoFeatures(tokens, seconds, source)


def load_pack() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        NAME, PACK / "__init__.py", submodule_search_locations=[str(PACK)]
    )
    pack = sys.modules[NAME] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pack)
    return pack


def measured(host: tuple[Path, Path], module: str, *options: str) -> dict[str, Any]:
    """{check: result} of a module, from a process of its own."""
    comfy, python = host
    run = subprocess.run(
        [str(python), str(Path(__file__)), module, *options],
        cwd=comfy,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr[-4000:]
    (line,) = [x for x in run.stdout.splitlines() if x.startswith("RESULT ")]
    return json.loads(line.removeprefix("RESULT "))


def main(module: str, *options: str) -> None:
    sys.path.insert(0, str(Path.cwd()))
    sys.argv = [sys.argv[0], "--cpu", *options]  # the host parses the command line when it is imported
    import comfy.options

    comfy.options.enable_args_parsing()
    name, _, only = module.partition(":")
    loaded = importlib.import_module(name)
    if not getattr(loaded, "LOADS_PACK", False):
        load_pack()
    checks = [c for c in loaded.CHECKS if only in ("", c.__name__)]
    sys.stdout.write("RESULT " + json.dumps({check.__name__: check() for check in checks}) + "\n")


if __name__ == "__main__":
    sys.modules["inside"] = sys.modules["__main__"]
    main(*sys.argv[1:])
