"""Files are written whole or not at all, and what hinders it is said."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from kling_foley_core.errors import InputError
from kling_foley_core.files import whole_file as module
from kling_foley_core.files.whole_file import made_folder, whole_file


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
