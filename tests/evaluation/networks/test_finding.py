"""Files of feature networks found by their tensors; what is missing, of a relative, or damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks import finding
from kling_foley_core.evaluation.networks.catalogue import NetworkKind
from kling_foley_core.evaluation.networks.finding import (
    at_hand,
    find_networks,
    missing,
    not_used,
    open_network,
)


@pytest.fixture(autouse=True)
def two_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    ear = NetworkKind(
        name="ear",
        heading="the Ear of 16 kHz",
        file="ear_16k.pth",
        where="its authors, record 1",
        judges="FD_Ear",
        recognise=lambda shapes: shapes.get("ear.weight") == (2, 3),
        load=lambda path, device: (path, device),
        instead=lambda shapes: "an Ear of 32 kHz" if shapes.get("ear.weight") == (2, 6) else "",
    )
    inside = NetworkKind("inside", "Inside", "", "", "IS", lambda shapes: True, lambda path, device: "opened")
    monkeypatch.setattr(finding, "NETWORKS", {"ear": ear, "inside": inside})


def written(path: Path, *shape: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".safetensors":
        save_file({"ear.weight": torch.zeros(shape)}, path)
    else:
        torch.save({"epoch": 3, "model": {"ear.weight": torch.zeros(shape)}}, path)
    return path


@pytest.mark.parametrize("name", ["anything.pth", "below/it.pt", "other.safetensors", "trained.ckpt"])
def test_found_by_its_tensors_under_any_name(tmp_path: Path, name: str) -> None:
    file = written(tmp_path / name, 2, 3)
    assert find_networks([tmp_path]) == {"ear": file}
    assert not_used([tmp_path]) == []
    assert open_network("ear", find_networks([tmp_path])) == (file, torch.device("cpu"))


def test_the_first_folder_and_the_nearest_file_are_taken(tmp_path: Path) -> None:
    written(tmp_path / "a/below/ear.pth", 2, 3)
    nearest = written(tmp_path / "a/z.pth", 2, 3)
    other = written(tmp_path / "b/a.pth", 2, 3)
    assert find_networks([tmp_path / "a", tmp_path / "b"]) == {"ear": nearest}
    assert find_networks([tmp_path / "b", tmp_path / "a"]) == {"ear": other}


def test_a_relative_and_a_damaged_file_are_named(tmp_path: Path) -> None:
    relative = written(tmp_path / "ear_16k.pth", 2, 6)
    (tmp_path / "cut.pth").write_bytes(written(tmp_path / "whole.pth", 2, 3).read_bytes()[:300])
    (tmp_path / "whole.pth").unlink()
    assert find_networks([tmp_path]) == {}
    damaged, wrong = not_used([tmp_path])
    assert str(tmp_path / "cut.pth") in damaged
    assert f"{relative} is an Ear of 32 kHz, not the Ear of 16 kHz; get ear_16k.pth" in wrong


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = written(tmp_path / "ear.pth", 2, 6)
    assert find_networks([tmp_path]) == {}
    file.unlink()
    written(tmp_path / "ear.pth", 2, 3, 1)
    written(tmp_path / "ear.pth", 2, 3)
    assert find_networks([tmp_path]) == {"ear": file}


def test_what_is_missing_is_named_with_what_it_is_for() -> None:
    said = missing("ear")
    for part in ("the Ear of 16 kHz", "FD_Ear", "ear_16k.pth", "its authors, record 1", "--networks"):
        assert part in said
    with pytest.raises(InputError, match="models/foley"):
        open_network("ear", {}, folder="models/foley")
    with pytest.raises(InputError, match="network = 'nose'.*ear, inside"):
        missing("nose")


def test_a_built_in_network_needs_no_file(tmp_path: Path) -> None:
    written(tmp_path / "ear.pth", 2, 3)
    assert at_hand("inside", {}) and not at_hand("ear", {})
    assert open_network("inside", {}) == "opened"
    assert "inside" not in find_networks([tmp_path])
