"""Temporary files go with their owner: what is left behind is removed later, what is written now is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kling_foley_core.errors import InputError
from kling_foley_core.files.temporary import remove_abandoned, temporary_file
from kling_foley_core.files.whole_file import checked_output, whole_file

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
HOLDING = """
import sys, time
from pathlib import Path
from kling_foley_core.files.whole_file import whole_file
with whole_file(sys.argv[1]) as draft:
    draft.write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


def writing(target: Path) -> subprocess.Popen:
    """A process that is in the middle of writing `target`."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(target)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "writing\n"
    return process


@posix
def test_the_next_run_removes_what_a_killed_one_left_but_never_what_is_being_written(tmp_path) -> None:
    killed, running = writing(tmp_path / "a.txt"), writing(tmp_path / "b.txt")
    try:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        (tmp_path / ".kling-foley-notes").mkdir()
        (tmp_path / ".kling-foley-notes" / "mine").touch()
        (tmp_path / ".kling-foley-0123456789ab").touch()
        assert len(list(tmp_path.iterdir())) == 4
        checked_output(tmp_path / "c.txt")
        (left,) = (p for p in tmp_path.iterdir() if p.is_dir() and p.name != ".kling-foley-notes")
        assert (left / "file.txt").read_text() == "half"
        assert (tmp_path / ".kling-foley-notes" / "mine").exists()
        assert (tmp_path / ".kling-foley-0123456789ab").is_file()
    finally:
        running.kill()
        running.wait()
    remove_abandoned(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".kling-foley-0123456789ab", ".kling-foley-notes"]


def test_one_that_was_never_owned_goes_only_if_it_is_empty(tmp_path) -> None:
    for name in ("000000000000", "000000000001"):
        (tmp_path / f".kling-foley-{name}").mkdir()
    (tmp_path / ".kling-foley-000000000001" / "something").touch()
    remove_abandoned(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [".kling-foley-000000000001"]


def test_a_folder_taken_away_before_it_is_owned_is_made_anew(tmp_path, monkeypatch) -> None:
    original, tried = Path.mkdir, []

    def stolen(path: Path) -> None:
        original(path)
        tried.append(path)
        if len(tried) == 1:
            path.rmdir()

    monkeypatch.setattr(Path, "mkdir", stolen)
    with temporary_file(tmp_path, ".x") as draft:
        draft.touch()
        assert draft.parent == tried[1]
    assert not list(tmp_path.iterdir())


def test_two_at_once_in_one_process(tmp_path) -> None:
    with whole_file(tmp_path / "a") as a, whole_file(tmp_path / "b") as b:
        a.write_text("a")
        b.write_text("b")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.parametrize("name", [250 * "x", 246 * "x" + ".mp4", "x." + 248 * "y", 83 * "鼓", "a:b.mp4"])
def test_every_name_that_the_system_takes(tmp_path, name) -> None:
    with whole_file(tmp_path / name) as draft:
        draft.write_text("whole")
    assert [p.name for p in tmp_path.iterdir()] == [name] and (tmp_path / name).read_text() == "whole"


@pytest.mark.parametrize("name", [256 * "x", 86 * "鼓", "a\0b"])
def test_names_that_it_does_not_take(tmp_path, name) -> None:
    with pytest.raises(InputError, match="can't be written"):
        checked_output(tmp_path / name)
