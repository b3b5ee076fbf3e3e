"""Entries come back as they were, within a bound, whatever happens to the folder."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from kling_foley_core.cache import store as module
from kling_foley_core.cache.store import Store

TENSORS = {
    "moves": torch.randn(5, 7).half(),
    "turns": torch.arange(6.0).view(1, 2, 3),
    "none": torch.zeros(0, 4),
}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


def names(store) -> set[str]:
    return {path.stem for path in store.folder.iterdir()}


def test_tensors_and_notes_come_back(store) -> None:
    assert store.tensors("a") is None and store.note("a") is None and not store.folder.exists()
    store.keep("a", TENSORS)
    store.keep_note("a", {"digest": "12"})
    found = store.tensors("a")
    assert found.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert found[name].dtype == tensor.dtype and torch.equal(found[name], tensor)
    assert store.note("a") == {"digest": "12"} and store.tensors("b") is None


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.uint8])
def test_types_and_views_come_back(store, dtype) -> None:
    wide = torch.arange(24).view(2, 12).to(dtype)
    store.keep("a", {"view": wide[:, ::2].T})
    assert torch.equal(store.tensors("a")["view"], wide[:, ::2].T)


@pytest.mark.skipif(os.name == "nt", reason="Windows has rights of another kind")
def test_only_the_user_can_read_it(store) -> None:
    store.keep("a", TENSORS)
    store.keep_note("a", {})
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in store.folder.iterdir()} == {0o600}


@pytest.mark.parametrize("harm", ["a byte", "cut", "empty", "text", "a folder"])
def test_what_is_damaged_is_made_anew(store, harm, caplog) -> None:
    store.keep("a", TENSORS)
    (path,) = store.folder.iterdir()
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    if harm == "a folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes({"a byte": content, "cut": content[:-5], "empty": b"", "text": b"no tensors"}[harm])
    assert store.tensors("a") is None
    if harm != "a folder":
        assert not path.exists(), "thrown away"
        store.keep("a", TENSORS)
        assert torch.equal(store.tensors("a")["moves"], TENSORS["moves"])
    assert not caplog.records


@pytest.mark.parametrize("error", [RuntimeError("unable to mmap"), OSError(12, "Cannot allocate memory")])
def test_one_that_cannot_be_read_just_now_stays(store, error, monkeypatch) -> None:
    store.keep("a", TENSORS)

    def refuse(*_, **__):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(module, "safe_open", refuse)
        assert store.tensors("a") is None
    assert torch.equal(store.tensors("a")["moves"], TENSORS["moves"])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_came_back_maps_no_file(store) -> None:
    store.keep("a", TENSORS)
    found = store.tensors("a")
    assert str(store.folder) not in Path("/proc/self/maps").read_text() and found


def test_what_was_used_longest_ago_goes_first(tmp_path) -> None:
    entry = {"x": torch.zeros(1000)}
    store = Store(tmp_path, limit=3 * 4500)
    for age, key in enumerate("abc"):
        store.keep(key, entry)
        os.utime(tmp_path / f"{key}.safetensors", (100 + age, 100 + age))
    assert store.tensors("a") is not None  # used again
    store.keep("d", entry)
    assert names(store) == {"a", "c", "d"}
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= store.limit


def test_many_small_ones_are_bounded_too(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST", 5)
    store = Store(tmp_path)
    for k in range(9):
        store.keep_note(str(k), {})
        os.utime(tmp_path / f"{k}.json", (100 + k, 100 + k))
    assert names(store) == set("45678")


def test_one_that_would_drive_out_the_others_is_not_kept(tmp_path) -> None:
    store = Store(tmp_path, limit=10_000)
    store.keep("small", {"x": torch.zeros(100)})
    store.keep("large", {"x": torch.zeros(2000)})
    assert names(store) == {"small"}


def test_files_of_others_stay(tmp_path) -> None:
    (tmp_path / "mine.txt").write_text("x" * 9000)
    store = Store(tmp_path, limit=9000)
    for key in "abc":
        store.keep(key, {"x": torch.zeros(1000)})
    assert (tmp_path / "mine.txt").exists() and len(names(store)) == 3


def test_a_folder_that_cannot_be_is_said_once(tmp_path, caplog) -> None:
    (tmp_path / "file").write_text("no folder")
    store = Store(tmp_path / "file" / "cache")
    with caplog.at_level(logging.WARNING):
        for key in "abc":
            store.keep(key, TENSORS)
            assert store.tensors(key) is None
    (record,) = caplog.records
    assert "features are not kept in" in record.getMessage()


def test_the_last_of_the_disk_is_left(store, monkeypatch, caplog) -> None:
    monkeypatch.setattr(module, "FREE", 2**60)
    store.keep("a", TENSORS)
    assert store.tensors("a") is None and "are free" in caplog.text
    assert not list(store.folder.iterdir())


def test_a_full_disk_leaves_no_half_entry(store, monkeypatch, caplog) -> None:
    def full(tensors, path, metadata):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "save_file", full)
    store.keep("a", TENSORS)
    assert "No space left" in caplog.text and not list(store.folder.iterdir())


WRITER = """
import torch
from pathlib import Path
from kling_foley_core.cache.store import Store
store, own = Store(Path(sys.argv[1]), limit=40_000), int(sys.argv[2])
torch.manual_seed(0)
for k in range(60):
    key = str(k % 12)
    store.keep(key, {"x": torch.full((1000,), float(k % 12))})
    found = store.tensors(str((k + own) % 12))
    assert found is None or bool((found["x"] == (k + own) % 12).all())
assert store._works
"""


def test_two_processes_at_once(tmp_path) -> None:
    """Both write, read and throw out the same entries."""
    other = subprocess.Popen(
        [sys.executable, "-c", f"import sys{WRITER}", tmp_path, "5"], stderr=subprocess.PIPE
    )
    while other.poll() is None:
        exec(WRITER, {"sys": SimpleNamespace(argv=["", tmp_path, "7"])})  # noqa: S102
    _, error = other.communicate()
    assert other.returncode == 0 and not error, error.decode()
    left = list(tmp_path.iterdir())
    assert left and all(path.suffix == ".safetensors" for path in left)
