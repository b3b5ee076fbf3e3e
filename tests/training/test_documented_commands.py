"""The commands of docs/training.md that make the built-in model, all of them as they stand there, on recipes
of a few steps: every file a command names was written by one before it, and the last one writes a whole
model.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import torch

from kling_foley_core.cli import main
from kling_foley_core.pipeline import FoleyPipeline
from kling_foley_core.training import recipe, setting

DOCUMENT = Path(__file__).parents[2] / "docs" / "training.md"
FEW = {
    "steps": 2, "batch": 2, "log_steps": 1, "validate_steps": 2, "held_out": 2, "scenes": 6, "world": 2,
    "listeners_first": 1, "world_held_out": 1, "world_seconds": 2.0, "speech": 0, "singing": 0, "music": 0,
    "start": 1, "stage1_end": 0, "stage2_end": 1, "stage3_end": 2,
}  # fmt: skip


def commands() -> list[str]:
    text = DOCUMENT.read_text(encoding="utf-8")
    block = next(b for b in text.split("```") if "kling-foley train codec" in b)
    return [line for line in block.splitlines() if re.match(r"kling-foley (train|bundle) ", line)]


def as_the_shell_reads(line: str, folder: Path) -> list[str]:
    """The arguments, braces and stars expanded in `folder`."""
    words = ["bash", "-c", f'printf "%s\\n" {line.removeprefix("kling-foley ")}']
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.fixture
def few_steps(tmp_path, monkeypatch):
    """Every recipe with small numbers, from Foley World alone."""
    shipped = recipe.recipe_file

    def small(name: str, part: str) -> Path:
        text = shipped(name, part).read_text(encoding="utf-8")
        for key, value in FEW.items():
            text = re.sub(rf"(?m)^{key} = [\d.]+", f"{key} = {value}", text)
        text = text.replace("[4.0, 6.0, 8.0, 10.0]", "[8.0, 10.0]")  # a few scenes with crops of all lengths
        text = text.replace('"bf16"', '"fp32"')  # which some processors are forty times slower in
        path = tmp_path / f"{name}-{part}.toml"
        path.write_text(text, encoding="utf-8")
        return path

    monkeypatch.setattr(recipe, "recipe_file", small)
    monkeypatch.setattr("kling_foley_core.training.parts.generator.FIRST", 1)
    monkeypatch.setattr("kling_foley_core.data.recordings.effects.available", lambda *packages: False)
    monkeypatch.chdir(tmp_path)


def test_the_commands_make_the_model(tmp_path, few_steps) -> None:
    lines = commands()
    assert {shlex.split(line)[2] for line in lines if " train " in line} == set(setting.PARTS)
    for line in lines:
        given = as_the_shell_reads(line, tmp_path)
        assert main([*given, *(["--device", "cpu"] if given[0] == "train" else [])]) == 0, line
    sound = FoleyPipeline.from_pretrained("out/small.safetensors", device="cpu").generate(
        seconds=1.0, steps=2
    )
    assert sound.waveform.shape == (1, 2, 44100) and bool(torch.isfinite(sound.waveform).all())
