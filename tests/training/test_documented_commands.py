"""The commands of docs/training.md that make a model from nothing, as they stand there but for few steps and
few clips: every file a command names was written by one before it, and the model makes a sound.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import torch
from sound_shards import tone

from kling_foley_core.cli import main
from kling_foley_core.data.recordings import write
from kling_foley_core.data.recordings.recording import Recording
from kling_foley_core.data.splits import HELD_OUT, TRAIN
from kling_foley_core.media import load_audio
from kling_foley_core.training.setting import PARTS

DOCUMENT = Path(__file__).parents[2] / "docs" / "training.md"
RUN = ["run.steps=2", "run.log_steps=1", "run.validate_steps=2", "run.precision=fp32"]
FEW = {
    "codec": [*RUN, "run.batch=2", "stages.stage1_end=0", "stages.stage2_end=1", "stages.stage3_end=2"],
    "vocoder": [*RUN, "run.batch=2", "decoded.start=1"],
    "encoders": [*RUN, "run.batch=2", "semantic.batch=2"],
    "generator": [*RUN, "crops.batch=2", "guidance.start=1", "guidance.warm_up=1"],
    "stereo": [*RUN, "run.batch=2"],
}


def commands() -> list[list[str]]:
    text = DOCUMENT.read_text(encoding="utf-8")
    block = next(b for b in text.split("```") if "kling-foley train codec" in b)
    lines = [line.split("#")[0] for line in block.splitlines() if line.startswith("kling-foley ")]
    return [shlex.split(line)[1:] for line in lines if "evaluate world" not in line]  # which takes minutes


def expanded(words: list[str], folder: Path) -> list[str]:
    """As the shell reads them in `folder`: braces and stars."""
    line = " ".join(word if re.search(r"[{*]", word) else shlex.quote(word) for word in words)
    printed = ["bash", "-c", f'printf "%s\\n" {line}']
    return subprocess.run(printed, cwd=folder, capture_output=True, text=True, check=True).stdout.splitlines()


def few(words: list[str]) -> list[str]:
    """The command on few clips, and for few steps."""
    if words[0] == "train":
        return [*words, "--cpu", "--set", *FEW[words[1]]]
    if words[0] == "world":
        return [*words[:2], "8", *words[3:], "--held-out", "3", "--seconds", "8", "--shard-size", "4"]
    if words[0] == "generate":
        return [*words, "--steps", "2"]
    return [*words, "--clips", "1"] if words[0] == "evaluate" else words


@pytest.fixture
def two_recordings(monkeypatch) -> None:
    made = [
        Recording(f"{split} tone", "music", split, lambda: tone(220, 2.0)[None])
        for split in (TRAIN, HELD_OUT)
    ]
    monkeypatch.setattr(write, "installed_recordings", lambda counts: made)


def test_the_commands_make_a_model_that_sounds(tmp_path, monkeypatch, two_recordings) -> None:
    monkeypatch.chdir(tmp_path)
    lines = commands()
    assert [words[1] for words in lines if words[0] == "train"] == list(PARTS)
    for words in lines:
        given = expanded(few(words), tmp_path)
        assert main(given) == 0, " ".join(given)
    made = next(words[words.index("--output") + 1] for words in lines if words[0] == "generate")
    sound, _ = load_audio(tmp_path / made, sampling_rate=44100)
    assert sound.shape == (2, 4 * 44100) and bool(torch.isfinite(sound).all()) and sound.abs().max() > 0
