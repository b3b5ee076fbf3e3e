"""The list of systems that a user chooses from; the files are all header."""

from __future__ import annotations

import pytest
from checkpoint_files import hollow

from kling_foley_core.checkpoints import scan as scanning
from kling_foley_core.codec.presets import BIGVGAN_16K
from kling_foley_core.presets import PRESETS
from kling_foley_core.systems.search import SMALL_NAME, systems

MMAUDIO, SIXTEEN = PRESETS["mmaudio_small_44k"], PRESETS["mmaudio_small_16k"]
KINDS = {
    "visual": "clip_visual",
    "text": "clip_text",
    "sync": "synchformer",
    "vae": "vae",
    "vocoder": "vocoder",
}


@pytest.fixture
def folder(tmp_path):
    """A whole MMAudio of 44 kHz in a linked folder, and the flow network of 16 kHz."""
    (tmp_path / "real" / "ext_weights").mkdir(parents=True)
    hollow(tmp_path / "real" / "small_44k.safetensors", "mmdit", MMAUDIO.generator)
    for part, kind in KINDS.items():
        hollow(tmp_path / "real" / "ext_weights" / f"{part}.safetensors", kind, getattr(MMAUDIO, part))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "linked").symlink_to(tmp_path / "real")
    hollow(tmp_path / "models" / "a_16k.SFT", "mmdit", SIXTEEN.generator)
    return tmp_path / "models"


def test_small_comes_first_then_whole_sets_then_the_others(folder) -> None:
    small, whole, other = systems([folder])
    assert small.name == SMALL_NAME and not small.missing and len(small.parts) == 7
    assert whole.name == "small_44k.safetensors" and not whole.missing
    assert {part: n.path.name for part, n in whole.parts.items()} == {
        "generator": "small_44k.safetensors",
        **{part: f"{part}.safetensors" for part in KINDS},
    }
    assert other.name == "a_16k.SFT" and len(other.missing) == 2  # its encoders are there
    assert "v1-16.pth" in other.missing["vae"] and "best_netG.pt" in other.missing["vocoder"]


def test_what_is_there_is_not_told_as_missing(folder) -> None:
    hollow(folder / "best_netG.safetensors", "vocoder", BIGVGAN_16K)
    missing = systems([folder])[2].missing
    assert list(missing) == ["vae"] and "v1-16.pth" in missing["vae"]


def test_names_that_occur_twice_are_told_apart(folder) -> None:
    (folder / "b").mkdir()
    hollow(folder / "b" / "a_16k.SFT", "mmdit", SIXTEEN.generator)
    names = [system.name for system in systems([folder])]
    assert names[2:] == ["a_16k.SFT", "b/a_16k.SFT"] and len(set(names)) == 4


def test_names_of_two_folders_are_told_apart(folder, tmp_path) -> None:
    (tmp_path / "more").mkdir()
    hollow(tmp_path / "more" / "a_16k.SFT", "mmdit", SIXTEEN.generator)
    names = [system.name for system in systems([folder, tmp_path / "more"])]
    assert names[2:] == ["models/a_16k.SFT", "more/a_16k.SFT"]


def test_every_header_is_read_once_until_its_file_changes(folder, monkeypatch) -> None:
    read = []

    def counted(path):
        read.append(path.name)
        return original(path)

    original = scanning.read_header
    monkeypatch.setattr(scanning, "read_header", counted)
    systems([folder])
    assert len(set(read)) == len(read) >= 7
    read.clear()
    systems([folder])
    assert read == []
    hollow(folder / "a_16k.SFT", "mmdit", MMAUDIO.generator)
    assert not systems([folder])[1].missing and read == ["a_16k.SFT"]


def test_no_folder_no_file() -> None:
    assert [system.name for system in systems([])] == [SMALL_NAME]
