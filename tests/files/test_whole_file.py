"""Files are written whole or not at all, and what hinders it is said."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from kling_foley_core.errors import InputError
from kling_foley_core.files import whole_file as module
from kling_foley_core.files.whole_file import checked_output, made_folder, whole_file


def test_a_full_disk_is_named_whatever_the_writer_says(tmp_path, monkeypatch) -> None:
    (tmp_path / "a.txt").write_text("before")
    for free, error in ((0, InputError), (1 << 30, RuntimeError)):
        monkeypatch.setattr(module.shutil, "disk_usage", lambda path, free=free: SimpleNamespace(free=free))
        with pytest.raises(error, match="the disk is full|unexpected pos"):
            with whole_file(tmp_path / "a.txt") as draft:
                draft.write_text("half")
                raise RuntimeError("unexpected pos 64 vs 0")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"] and (tmp_path / "a.txt").read_text() == "before"


def test_a_folder_in_a_files_place_is_named(tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="--cache '.*file'"):
        made_folder(tmp_path / "file", "--cache")
    assert made_folder(tmp_path / "a" / "b", "--cache").is_dir()


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_written_through(tmp_path, there) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "a.txt", tmp_path / "link.txt"
    if there:
        target.write_text("before")
    link.symlink_to(target)
    with pytest.raises(KeyError), whole_file(link) as draft:
        draft.write_text("half")
        raise KeyError
    assert target.exists() == there and (not there or target.read_text() == "before")
    with whole_file(link) as draft:
        draft.write_text("after")
    assert link.is_symlink() and target.read_text() == link.read_text() == "after"
    assert not list(tmp_path.glob(".*")) and [p.name for p in (tmp_path / "real").iterdir()] == ["a.txt"]


def test_links_that_lead_nowhere_are_refused(tmp_path) -> None:
    (tmp_path / "round").symlink_to(tmp_path / "round")
    (tmp_path / "lost").symlink_to(tmp_path / "no folder" / "a.txt")
    for name, message in (("round", "symbolic links"), ("lost", "no folder' doesn't exist")):
        with pytest.raises(InputError, match=message):
            checked_output(tmp_path / name)


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")
def test_what_is_no_file_is_refused(tmp_path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as there:
        there.bind(str(tmp_path / "socket"))
        for output in (tmp_path / "fifo", tmp_path / "link", tmp_path / "socket", "/dev/null"):
            with pytest.raises(InputError, match="device, pipe or socket"):
                checked_output(output)
    assert (tmp_path / "fifo").is_fifo()


CODES = {
    errno.EFBIG: "larger than the system allows",
    errno.EDQUOT: "your share of the disk",
    errno.ENOSPC: "the disk is full",
    errno.EIO: "choose another folder",
    errno.EROFS: "choose another folder",
    errno.ESTALE: "choose another folder",
    errno.EACCES: "choose another folder",
}


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("when", ["open", "fsync", "replace"])
def test_errors_of_the_system_name_the_output(tmp_path, monkeypatch, code, when) -> None:
    (tmp_path / "a.txt").write_text("before")

    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as broken:
        broken.setattr(os, when, fail)
        with pytest.raises(InputError, match=f"a.txt' can't be written .*{CODES[code]}"):
            with whole_file(tmp_path / "a.txt") as draft:
                draft.write_text("half")
    assert (tmp_path / "a.txt").read_text() == "before"
    if when != "open":  # with a system that opens nothing, nothing can be removed
        assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


LARGE = """
import resource, sys, torch
from pathlib import Path
from PIL import Image
from safetensors.torch import save_file
from kling_foley_core.errors import InputError
from kling_foley_core.files.whole_file import whole_file
from kling_foley_core.media import save_audio

resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
folder, big = Path(sys.argv[1]), torch.rand(600, 600)

def written(name, write):
    with whole_file(folder / name) as draft:
        write(draft)

writers = {
    "a.pt": lambda name: written(name, lambda draft: torch.save(big, draft)),
    "a.safetensors": lambda name: written(name, lambda draft: save_file({"a": big}, draft)),
    "a.png": lambda name: written(name, Image.fromarray((255 * big).byte().numpy()).save),
    "a.wav": lambda name: save_audio(folder / name, big.reshape(2, -1), 44100),
}
for name, write in writers.items():
    try:
        write(name)
    except InputError as error:
        print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
def test_files_too_large_for_the_system(tmp_path) -> None:
    """Everything that writes says it in its own way, or in none."""
    done = subprocess.run(
        [sys.executable, "-c", LARGE, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    said = done.stdout.splitlines()
    assert len(said) == 4 and all("can't be written" in line for line in said), done
    assert "File too large" in said[1] and "larger than the system allows" in said[2] + said[3]
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="needs the permissions of POSIX")
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    target.chmod(0o600)
    with whole_file(target) as draft:
        draft.write_text("new")
    assert target.read_text() == "new" and target.stat().st_mode & 0o777 == 0o600
