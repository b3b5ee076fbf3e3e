"""No encoder imports packages that take seconds, or break with an update of torch alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import sys
from kling_foley_core.systems.assembly import untrained
from kling_foley_core.encoders.text.clip import ClipTextConfig, ClipTextEncoder
from kling_foley_core.presets import SMALL
untrained(SMALL, "text").encode(["a bell"])
config = ClipTextConfig(width=8, layers=1, heads=1, mlp=8, vocabulary=49408, length=77)
ClipTextEncoder(config).encode(["a bell"])
print(sorted({"transformers", "torchaudio", "torchvision", "scipy"} & set(sys.modules)))
"""


def test_texts_are_encoded_by_torch_alone() -> None:
    root = str(Path(__file__).parents[2])
    environment = os.environ | {"PYTHONPATH": root}
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=root, env=environment, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
