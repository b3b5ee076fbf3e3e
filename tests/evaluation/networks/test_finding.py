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
    not_chosen,
    not_used,
    open_network,
    weights_of,
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


def test_of_several_that_fit_the_one_with_the_published_name_is_taken(tmp_path: Path) -> None:
    other = written(tmp_path / "a/another.pth", 2, 3)
    assert not_chosen([tmp_path], ["ear"]) == []
    right = written(tmp_path / "b/below/ear_16k.pth", 2, 3)
    assert find_networks([tmp_path / "a", tmp_path / "b"]) == {"ear": right}
    (said,) = not_chosen([tmp_path], ["ear"])
    assert said == f"{right}, {other} all fit the Ear of 16 kHz; the first is taken."
    assert not_chosen([tmp_path], ["inside"]) == []
    assert not_chosen([tmp_path / "b", tmp_path / "b"], ["ear"]) == [], "one folder, named twice"


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_other_weights_have_other_digits(tmp_path: Path, suffix: str) -> None:
    file = written(tmp_path / f"ear{suffix}", 2, 3)
    same = tmp_path / "below" / file.name
    same.parent.mkdir()
    same.write_bytes(file.read_bytes())
    told = weights_of(file)
    assert told.startswith(f"ear{suffix} (") and weights_of(same) == told
    tensors = {"ear.weight": torch.ones(2, 3)}
    if suffix == ".pth":
        torch.save({"epoch": 3, "model": tensors}, same)
    else:
        save_file(tensors, same)
    assert weights_of(same) != told


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
