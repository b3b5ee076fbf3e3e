"""Which files count as weights, and where the search ends."""

from __future__ import annotations

import os

import pytest

from kling_foley_core.checkpoints import finding
from kling_foley_core.checkpoints.finding import is_weights_name, weight_files


@pytest.mark.parametrize("name", ["a.safetensors", "a.SFT", "a.Pth", "a.pt", "a.ckpt", "a.BIN"])
def test_suffixes_in_any_case(name) -> None:
    assert is_weights_name(name)


@pytest.mark.parametrize(
    "name", ["a.txt", "safetensors", "a.safetensors.part", ".draft.safetensors", "a.pkl"]
)
def test_other_names(name) -> None:
    assert not is_weights_name(name)


def names(found) -> list[str]:
    return [file.name for file in found.files]


def test_linked_folders_are_followed_once_and_pipes_left_out(tmp_path) -> None:
    there, models = tmp_path / "there", tmp_path / "models"
    there.mkdir(), models.mkdir()
    (there / "b.sft").touch()
    (there / "back").symlink_to(models)
    (models / "a.pth").touch()
    (models / "one").symlink_to(there)
    (models / "two").symlink_to(there)
    (models / "gone.pt").symlink_to(tmp_path / "nowhere")
    (models / "zero.bin").symlink_to("/dev/zero")
    os.mkfifo(models / "pipe.pt")
    found = weight_files(models)
    assert [str(f.relative_to(models)) for f in found.files] == ["a.pth", "one/b.sft"]
    assert found.left_out == ()
    assert names(weight_files(models, below=False)) == ["a.pth"]


def test_a_folder_that_can_not_be_read_is_named(tmp_path, monkeypatch) -> None:
    """Tried with an error of the disk, since root may read everything."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "x.pt").touch()
    scandir = os.scandir

    def failing(folder):
        if str(folder).endswith("broken"):
            raise OSError(5, "Input/output error")
        return scandir(folder)

    monkeypatch.setattr(finding.os, "scandir", failing)
    found = weight_files(tmp_path)
    assert names(found) == ["x.pt"]
    (sentence,) = found.left_out
    assert "broken could not be read (Input/output error)" in sentence


def test_the_search_ends_and_says_so(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(finding, "MAX_FOLDER_ENTRIES", 30)
    (tmp_path / "a.pt").touch()
    for i in range(8):
        (tmp_path / f"d{i}").mkdir()
        for j in range(8):
            (tmp_path / f"d{i}" / f"{j}.pt").touch()
    found = weight_files(tmp_path)
    assert 1 < len(found.files) <= 30
    (sentence,) = found.left_out
    assert "more than 30 names" in sentence and "was not looked at" in sentence


def test_what_lies_too_deep_is_not_looked_for(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(finding, "MAX_FOLDER_DEPTH", 2)
    place = tmp_path
    for depth in range(5):
        (place / f"{depth}.pt").touch()
        place = place / "in"
        place.mkdir()
    assert names(weight_files(tmp_path)) == ["0.pt", "1.pt", "2.pt"]
