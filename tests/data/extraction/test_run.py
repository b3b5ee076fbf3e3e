"""Extraction by several processes, killed at random moments: every sample once, the same bytes as without a
kill; what can't be read or written is said."""

from __future__ import annotations

import errno
import multiprocessing
import os
import random
import signal
import tarfile
import time

import numpy as np
import pytest

from kling_foley_core.data.extraction import Encoding, Worker, extract, this_worker
from kling_foley_core.data.shards import Sample, Shards
from kling_foley_core.errors import InputError

RAW = Encoding(None, ("sound",))
FORK = multiprocessing.get_context("fork")  # a process of its own within milliseconds


class Sounds:
    """Samples of noise; those of `broken` can't be read."""

    arrays, captioned, name = ("sound",), True, "sounds"

    def __init__(self, count: int, broken: tuple[int, ...] = (), pause: float = 0.0, word: str = "") -> None:
        self.count, self.broken, self.pause, self.word = count, broken, pause, word

    def __len__(self) -> int:
        return self.count

    def identity(self, index: int) -> str:
        return f"s{index}"

    def words(self, index: int) -> list:
        return [index, self.word]

    def sample(self, index, arrays, stages) -> Sample:
        time.sleep(self.pause)
        if index in self.broken:
            raise InputError(f"'s{index}.mp4' is cut short")
        noise = np.random.default_rng(index).integers(-9999, 9999, (2, 2000), "<i2")
        with stages.timed("decode"):
            return Sample(f"s{index}", "noise", 1.0, 0.0, 1.0, "train", arrays={"sound": noise})


def run(source, folder, worker=None, size=4):
    return extract(source, RAW, folder, size, worker or Worker(0, 1))


def contents(folder) -> dict[str, bytes]:
    """All but what a dead process left, which the next one removes."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def test_killed_workers_go_on_and_every_sample_comes_once(tmp_path) -> None:
    count, draw = 46, random.Random(1)
    run(Sounds(count, broken=(7, 30)), tmp_path / "whole")
    killed = 0
    source = Sounds(count, broken=(7, 30), pause=0.02)
    pending = {0: None, 1: None}
    for _ in range(200):
        for number in list(pending):
            pending[number] = FORK.Process(target=run, args=(source, tmp_path / "killed", Worker(number, 2)))
            pending[number].start()
        time.sleep(draw.uniform(0.01, 0.09))
        for number, process in list(pending.items()):
            if killed < 12 and process.is_alive():
                os.kill(process.pid, signal.SIGKILL)
            process.join()
            killed += process.exitcode == -signal.SIGKILL
            if process.exitcode == 0:
                del pending[number]
        if not pending:
            break
    assert killed >= 5 and not pending
    run(source, tmp_path / "killed")  # nothing is left to do but to remove what the dead left
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    shards = Shards(tmp_path / "killed", check=True)
    assert sorted(e.id for e in shards.entries) == sorted(f"s{i}" for i in range(count) if i not in (7, 30))
    assert [s["id"] for s in shards.skipped] == ["s7", "s30"] and "cut short" in shards.skipped[0]["why"]


def test_a_damaged_shard_is_made_again_and_whole_ones_are_left(tmp_path) -> None:
    run(Sounds(10), tmp_path)
    before = contents(tmp_path)
    times = {p: p.stat().st_mtime_ns for p in tmp_path.glob("*.tar")}
    (tmp_path / "000001.tar").write_bytes(before["000001.tar"][:-512])
    made = run(Sounds(10), tmp_path)
    assert contents(tmp_path) == before and made.stages.clips["decode"] == 4
    assert all(p.stat().st_mtime_ns == times[p] for p in times if p.name != "000001.tar")


def test_skipped_samples_are_counted_over_all_shards(tmp_path) -> None:
    first = run(Sounds(10, broken=(2,)), tmp_path, Worker(0, 2))
    assert (first.samples, first.shards, first.missing) == (5, 3, 1)
    second = run(Sounds(10, broken=(2,)), tmp_path, Worker(1, 2))
    assert (second.samples, second.missing) == (9, 0) and second.skipped[0]["id"] == "s2"
    assert any(line.startswith("decode") for line in second.stages.table())


def test_nothing_readable_is_an_error_and_not_an_empty_set(tmp_path) -> None:
    with pytest.raises(InputError, match="none of 3 samples could be read; the first, s0: 's0.mp4' is cut"):
        run(Sounds(3, broken=(0, 1, 2)), tmp_path)


def test_another_list_in_the_same_folder_is_refused(tmp_path) -> None:
    run(Sounds(5), tmp_path)
    before = contents(tmp_path)
    for source, size in ((Sounds(6), 4), (Sounds(5, word="other"), 4), (Sounds(5), 3)):
        with pytest.raises(InputError, match="was begun with another list"):
            run(source, tmp_path, size=size)
    assert contents(tmp_path) == before


def test_a_full_disk_is_one_clear_line_and_leaves_no_part_of_a_shard(tmp_path, monkeypatch) -> None:
    add, added = tarfile.TarFile.addfile, []

    def full(self, info, content=None):
        added.append(info.name)
        if len(added) > 11:
            raise OSError(errno.ENOSPC, "No space left on device")
        return add(self, info, content)

    monkeypatch.setattr(tarfile.TarFile, "addfile", full)
    with pytest.raises(InputError, match=r"000001\.tar' can't be written .*the disk is full; make room"):
        run(Sounds(10), tmp_path)
    names = {p.name for p in tmp_path.iterdir()}
    assert names == {"shards.json", "plan.json", "000000.tar", "000000.json"}
    monkeypatch.undo()
    run(Sounds(10), tmp_path)
    assert len(Shards(tmp_path, check=True)) == 10


def test_two_samples_of_one_id_are_refused(tmp_path) -> None:
    source = Sounds(3)
    source.identity = lambda index: "same"
    with pytest.raises(InputError, match="two samples have the id same"):
        run(source, tmp_path)


def test_a_worker_is_as_given_or_as_the_launcher_says() -> None:
    launched = {"RANK": "1", "WORLD_SIZE": "3"}
    assert this_worker(None, {}) == Worker(0, 1)
    assert this_worker(None, launched) == Worker(1, 3) and this_worker("0/2", launched) == Worker(0, 2)
    assert [list(Worker(k, 3).shards(7)) for k in range(3)] == [[0, 3, 6], [1, 4], [2, 5]]
    for bad in ("3/3", "1", "a/b", "-1/2"):
        with pytest.raises(InputError, match=f"--worker {bad}"):
            this_worker(bad)
