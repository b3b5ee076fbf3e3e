"""Tensors on the disk: the same numbers as in memory, and no file is left."""

from __future__ import annotations

import os
import tempfile

import pytest
import torch

from kling_foley_core.files import on_disk
from kling_foley_core.files.on_disk import HELD, let_go, piecewise, room_for, steps_of


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_small_ones_lie_in_memory(folder) -> None:
    made = room_for(2, 3, held=24)
    assert made.untyped_storage().data_ptr() not in on_disk._maps
    assert torch.equal(made, torch.zeros(2, 3))
    let_go(made)  # does nothing


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int16])
def test_what_is_written_is_read_again(folder, dtype) -> None:
    made = room_for(2, 5, 1000, dtype=dtype, held=1000)
    assert made.untyped_storage().data_ptr() in on_disk._maps
    assert made.shape == (2, 5, 1000) and made.dtype == dtype and not made.any()
    wanted = torch.randint(-100, 100, made.shape, generator=torch.Generator().manual_seed(1)).to(dtype)
    for begin in range(0, 1000, 300):
        made[..., begin : begin + 300] = wanted[..., begin : begin + 300]
        let_go(made[0], made)
    assert torch.equal(made, wanted) and torch.equal(made[1:, :, 10:20].sum(), wanted[1:, :, 10:20].sum())


def test_a_part_outlives_the_whole_and_the_file_goes_with_it(folder) -> None:
    made = room_for(HELD)
    made[-1] = 7
    part = made[-2:]
    address = made.untyped_storage().data_ptr()
    del made
    assert part.tolist() == [0, 7] and address in on_disk._maps
    del part
    assert address not in on_disk._maps and not list(folder.iterdir())


def test_memory_is_given_back() -> None:
    """Resident pages, as Linux counts them: gone after `let_go`, and the numbers are still there."""

    def resident() -> int:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    if not os.path.exists("/proc/self/statm"):
        pytest.skip("only Linux tells how much memory a process has")
    made = room_for(2**25)
    made.fill_(3)
    before = resident()
    let_go(made)
    assert before - resident() > 2**26
    assert made[:: 2**20].tolist() == [3] * 32


def test_where_the_disk_has_no_room_memory_serves(folder, monkeypatch) -> None:
    def full(*_) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(on_disk, "_take", full)
    assert room_for(1000, held=10).shape == (1000,) and not list(folder.iterdir())


def test_systems_without_the_call_that_takes_room(folder, monkeypatch) -> None:
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    made = room_for(2**19, held=10)
    made[::2] = 1
    assert made.sum() == 2**18


@pytest.mark.parametrize("channels", [1, 2, 128])
def test_pieces_are_as_long_as_their_channels_let_them(channels, monkeypatch) -> None:
    """And together what the function makes of the whole."""
    monkeypatch.setattr(on_disk, "PIECE", 1000)
    wave, seen = torch.randn(1, channels, 2345), []
    made = piecewise(lambda a, b: seen.append(a.shape[-1]) or a * b, wave, wave[:, :1])
    assert torch.equal(made, wave * wave[:, :1])
    assert max(seen) == {1: 1000, 2: 1000, 128: 15}[channels] and sum(seen) == 2345
    assert steps_of(torch.zeros(3, 0)) >= 1
