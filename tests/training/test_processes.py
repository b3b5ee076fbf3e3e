"""Two processes train what one does: DDP, FSDP2, killed and resumed. Real processes on the CPU, a tiny
network."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import time
from collections import Counter
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from training_process import run_process
from training_shards import make_shards

STEPS, BATCH, SAMPLES, LIMIT = 50, 4, 12, 300.0
SERVER = multiprocessing.get_context("forkserver")  # imports once; every process is a fork of it
SERVER.set_forkserver_preload(["training_process"])


class Runs:
    """Runs on the same shards, each in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shards = make_shards(folder / "shards", train=SAMPLES, seconds=(2.0, 3.0))

    def start(self, name: str, processes: int, *changes: str, resume: bool = False) -> list:
        """The processes, started."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        given = (processes, port, self.folder / name, self.shards, changes, resume)
        started = [SERVER.Process(target=run_process, args=(rank, *given)) for rank in range(processes)]
        for process in started:
            process.start()
        return started

    def killed_at(self, step: int, name: str, *changes: str) -> None:
        """Of two processes one is killed with -9 once `step` is logged; the other can't go on."""
        first, second = self.start(name, 2, *changes)
        log, until = self.folder / name / "log.jsonl", time.monotonic() + LIMIT
        while not log.exists() or len(log.read_text().splitlines()) < step:
            assert second.is_alive() and time.monotonic() < until
            time.sleep(0.01)
        os.kill(second.pid, signal.SIGKILL)
        first.join(LIMIT)
        assert first.exitcode not in (0, None) and not self.finished(name)

    def finished(self, name: str) -> bool:
        return any(line["step"] == STEPS for line in self.log(name))

    def log(self, name: str) -> list[dict]:
        text = (self.folder / name / "log.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")]

    def series(self, name: str, figure: str) -> list[float]:
        return [line[figure] for line in self.log(name) if figure in line]

    def weights(self, name: str) -> dict[str, torch.Tensor]:
        return load_file(self.folder / name / "generator.safetensors")

    def seen(self, name: str) -> list[list[int]]:
        files = sorted((self.folder / name).glob("seen-*.txt"))
        return [[int(line) for line in file.read_text().splitlines()] for file in files]


def end(*runs: list) -> None:
    for process in (process for started in runs for process in started):
        process.join(LIMIT)
        assert process.exitcode == 0


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Runs:
    made = Runs(tmp_path_factory.mktemp("runs"))
    end(made.start("one", 1), made.start("ddp", 2), made.start("fsdp", 2, "run.parallel=fsdp"))
    return made


@pytest.mark.parametrize("way", ["ddp", "fsdp"])
def test_two_processes_have_the_losses_of_one_to_rounding(runs, way) -> None:
    for figure in ("loss", "auxiliary", "guidance", "classifier", "norm"):
        one, two = runs.series("one", figure), runs.series(way, figure)
        assert len(one) == len(two) >= 3
        assert two == pytest.approx(one, rel=2e-3), figure
    assert len(runs.series("one", "loss")) == STEPS
    first, last = (v["validation"] for v in runs.log("one") if "validation" in v)
    other = [v["validation"] for v in runs.log(way) if "validation" in v]
    assert last["all"] < first["all"]
    for mine, theirs in zip((first, last), other, strict=True):
        assert theirs == pytest.approx(mine, rel=1e-3)


@pytest.mark.parametrize("way", ["ddp", "fsdp"])
def test_their_weights_are_those_of_one_to_rounding(runs, way) -> None:
    one, two = runs.weights("one"), runs.weights(way)
    assert one.keys() == two.keys()
    for name, weight in one.items():
        torch.testing.assert_close(two[name], weight, atol=2e-3, rtol=1e-2, msg=name)


def test_every_sample_is_met_once_an_epoch_by_one_of_the_processes(runs) -> None:
    (alone,), shares = runs.seen("one"), runs.seen("ddp")
    each = BATCH // 2
    together = [
        index for step in range(STEPS) for share in shares for index in share[step * each : (step + 1) * each]
    ]
    assert together == alone and len(alone) == STEPS * BATCH
    for epoch in range(STEPS * BATCH // SAMPLES):
        met = Counter(alone[epoch * SAMPLES : (epoch + 1) * SAMPLES])
        assert sorted(met) == list(range(SAMPLES)) and set(met.values()) == {1}


def test_killed_and_resumed_it_ends_with_the_same_bits(runs) -> None:
    runs.killed_at(23, "killed")
    end(runs.start("killed", 2, resume=True))
    whole, resumed = runs.weights("ddp"), runs.weights("killed")
    assert all(torch.equal(whole[name], weight) for name, weight in resumed.items())
    assert runs.series("killed", "loss") == runs.series("ddp", "loss")


def test_shards_of_the_state_are_resumed_by_another_number_of_processes(runs) -> None:
    """And a folder of shards that a kill left unfinished is in nobody's way."""
    runs.killed_at(23, "parted", "run.parallel=fsdp")
    folder = runs.folder / "parted"
    assert {p.name for p in folder.glob("state-*")} >= {"state-2-00000020"}
    (folder / "state-2-00000030").mkdir(exist_ok=True)
    end(runs.start("parted", 1, "run.parallel=fsdp", resume=True))
    assert runs.series("parted", "loss") == pytest.approx(runs.series("one", "loss"), rel=2e-3)
    assert not list(folder.glob("state-*")), "one process keeps all in state.pt"
