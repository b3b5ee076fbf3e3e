"""Odd and hostile files end in a right result or in one sentence: nothing else is opened, no code runs, no
socket is made, and a refusal takes no second and no 200 MB.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.trap import works

ROOT = Path(__file__).parents[2]
CASES = 200  # of each sort


@pytest.mark.skipif(not works(), reason="needs Linux on x86_64 or aarch64: children are forked and watched")
def test_odd_files_do_nothing_else() -> None:
    command = [sys.executable, "-m", "tests.fuzz.run", "--cases", str(CASES), "--sort"]
    runs = [
        subprocess.Popen(
            [*command, sort], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for sort in ("media", "checkpoints")
    ]
    said = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], "\n".join(said)
    assert all(f"{CASES} cases, 0 wrong" in text for text in said)
