"""What is asked of the processes and can't be is said."""

from __future__ import annotations

import sys

import pytest

from kling_foley_core.errors import InputError
from kling_foley_core.training.loop.processes import micro_batches, new_accelerator


def test_a_launcher_that_starts_one_process_for_two_is_named(monkeypatch) -> None:
    monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
    monkeypatch.setenv("MASTER_PORT", "29500")
    with pytest.raises(InputError, match="starts one process on CPUs.*torchrun"):
        new_accelerator(cpu=True)
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert new_accelerator(cpu=True).num_processes == 1


def test_without_accelerate_the_command_that_installs_it_is_said(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(InputError, match=r"pip install 'kling-foley\[train\]'"):
        new_accelerator(cpu=True)


def test_a_batch_is_shared_in_order_and_cut_into_equal_pieces() -> None:
    class Second:
        num_processes, process_index = 2, 1

    assert micro_batches(16, 2, Second()) == [range(8, 12), range(12, 16)]
    with pytest.raises(InputError, match="a batch of 10 .* by 2 processes with run.accumulate = 2: .* of 4"):
        micro_batches(10, 2, Second())
