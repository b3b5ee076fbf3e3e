"""`kling-foley data check`: a table on standard output, check.csv, and one line for bad input."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from kling_foley_core.cli import main
from kling_foley_core.media import save_audio


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two usable sounds and a silent one."""
    draw, clips = np.random.default_rng(0), tmp_path / "clips"
    clips.mkdir()
    for name, level in (("a", 0.1), ("b", 0.1), ("silent", 0.0)):
        swell = np.interp(np.arange(64000) / 16000, np.arange(5), draw.random(5))
        wave = torch.tensor(draw.standard_normal(64000) * swell * level, dtype=torch.float32)
        save_audio(clips / f"{name}.wav", wave[None], 16000)
    (clips / "a.txt").write_text("wind")
    return clips


def check(folder: Path, *arguments: str) -> int:
    return main(["data", "check", *arguments, "--cache", str(folder.parent / "cache"), "--seconds", "4"])


def test_check(folder, capsys) -> None:
    out = folder.parent / "out"
    assert check(folder, str(folder), "--out", str(out)) == 0
    *printed, last = capsys.readouterr().out.splitlines()
    numbers = {line[:32].strip(): int(line[32:41]) for line in printed}
    assert last == f"page: {out / 'index.html'}" and (out / "index.html").exists()
    assert numbers["windows"] == 2 and numbers["not used"] == 1 and numbers["clips"] == 3
    assert numbers["pair: sound + text"] == numbers["pair: sound"] == 1
    assert numbers["not used: silence_ratio"] == 1 and numbers["clips: no caption"] == 2
    with (out / "check.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert {name: row["used"] for name, row in rows.items()} == {
        "a 0.00-4.00": "yes", "b 0.00-4.00": "yes", "silent 0.00-4.00": "no",
    }  # fmt: skip
    assert rows["silent 0.00-4.00"]["reason"] == "silence_ratio" and rows["a 0.00-4.00"]["caption"] == "wind"
    assert float(rows["silent 0.00-4.00"]["silence_ratio"]) == 1.0


def test_limits_decide(folder, capsys) -> None:
    limits = ["silence_ratio=1", "level_db=-200", "bandwidth=0"]
    assert check(folder, str(folder), "--limit", *limits) == 0
    assert "windows                                 3" in capsys.readouterr().out


def test_nothing_usable_still_says_why(folder, capsys) -> None:
    out = folder.parent / "out"
    assert check(folder, str(folder), "--limit", "level_db=0", "--out", str(out)) == 2
    said = capsys.readouterr()
    assert "not used: level_db" in said.out and (out / "check.csv").exists()
    assert "nothing is usable of 3 clips" in said.err


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["gone.csv"], "gone.csv isn't there"),
        (["CLIPS", "--limit", "snr"], "--limit snr: write NAME=VALUE"),
        (["CLIPS", "--limit", "noise=3"], "no such limit"),
        (["CLIPS", "--columns", "video=path"], "leave --columns and --root out"),
        (["CLIPS", "--least", "9"], "--least 9"),
        (["CLIPS", "--augment", "-1"], "--augment -1"),
        (["CLIPS", "--out", "CLIPS/a.wav"], "--out"),
    ],
)
def test_bad_input_is_one_line(folder, capsys, arguments, said) -> None:
    assert check(folder, *(a.replace("CLIPS", str(folder)) for a in arguments)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
