"""Any number of processes and parts, killed or not, give the same bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from judged_clips import DEADLY, LOG, RATE, clip, film, sound, wave, with_spectra, work

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.clips.pairs import Pair
from kling_foley_core.evaluation.clips.part import Part, part_of
from kling_foley_core.evaluation.clips.result import result_of, write_result
from kling_foley_core.evaluation.clips.sharing import one_thread, share_out
from kling_foley_core.media import save_audio
from kling_foley_core.progress import silent

ASKED = ("FAD_YAMNet", "KL_YAMNet", "IS_YAMNet", "agreement_YAMNet")
ABOUT = {"name": "x", "settings": {}, "manifest": "m.csv", "seconds": 8.0}


@pytest.fixture
def pairs(tmp_path, monkeypatch) -> list[Pair]:
    monkeypatch.setenv(LOG, str(tmp_path / "log"))
    with_spectra(monkeypatch.setattr)
    found = []
    for number in range(12):
        own = clip(f"c{number}", str(film(tmp_path / f"c{number}.mp4", number)), scenario="ab"[number % 2])
        found.append(Pair(own, sound(tmp_path / "pred" / f"c{number}.wav", number + 20), own.film, 0.0))
    return found


def result(pairs: list[Pair], features: Path, out: Path, processes: int = 1, parts: int = 1) -> bytes:
    about = work(features, *ASKED)
    for number in range(1, parts + 1):
        gathering = about.gathering("cpu")
        share_out(about, gathering, Part(number, parts).of(pairs), ["cpu"] * processes, silent)
    gathered = [gathering.gathered(pair) for pair in pairs]
    write_result(result_of(ABOUT, ASKED, pairs, gathered, (), gathering.networks.absent(["yamnet"])), out)
    return out.read_bytes()


def test_processes_and_parts_give_the_bytes_of_one(pairs, tmp_path) -> None:
    out = tmp_path / "result.json"
    one = result(pairs, tmp_path / "f1", out)
    asked = len((tmp_path / "log").read_text().splitlines())
    assert asked == 24
    assert result(pairs, tmp_path / "f1", out) == one
    assert len((tmp_path / "log").read_text().splitlines()) == asked, "a second run asks nothing"
    assert result(pairs, tmp_path / "f2", out, parts=3) == one
    assert result(pairs, tmp_path / "f3", out, processes=2) == one
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == 3 * asked, "each clip once"
    assert not any(line.startswith(f"{os.getpid()} ") for line in lines[2 * asked :]), "by other processes"
    assert b'"FAD_YAMNet": {\n   "clips": 12' in one


def test_a_process_that_dies_is_that_clips_note(pairs, tmp_path) -> None:
    deadly = wave(3)
    deadly[0, 4000] = DEADLY
    save_audio(pairs[3].sound, deadly, RATE)
    about = work(tmp_path / "features", *ASKED)
    gathering = about.gathering("cpu")
    seen = []
    share_out(about, gathering, pairs, ["cpu"] * 2, lambda *progress: seen.append(progress))
    assert ("yamnet", 12, 12) in seen and ("waves", 12, 12) in seen
    gathered = [gathering.gathered(pair) for pair in pairs]
    assert [bool(one.notes) for one in gathered] == [number == 3 for number in range(12)]
    assert (
        "its process ended with signal 9; the memory may be used up: try fewer --workers"
        in (gathered[3].notes[0])
    )
    assert gathered[3].heard and "LUFS" in gathered[3].features.figures


def test_parts_are_checked() -> None:
    assert part_of("2/4") == Part(2, 4) and Part(2, 4).of(range(10)) == range(1, 10, 4)
    for wrong in ("0/4", "5/4", "1", "a/b", "-1/2", "1/0", "1.5/2"):
        with pytest.raises(InputError, match=r"--part .*: write K/N, such as 1/4"):
            part_of(wrong)


def test_the_process_that_asks_keeps_its_threads() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(ValueError), one_thread():
            assert torch.get_num_threads() == 1
            raise ValueError
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
