"""Recognises, describes and loads odd checkpoint files through the library's doors, and says what went
wrong.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import torch

from kling_foley_core.checkpoints import describe, load_network, recognise
from kling_foley_core.checkpoints.compare import expected_state
from kling_foley_core.systems import assembly
from kling_foley_core.systems.search import systems

from .checkpoints import Case, Place, case
from .child import Call, Outcome, apart, run
from .networks import make_networks
from .trap import Watch

CPU = torch.device("cpu")


class CheckpointsTrial:
    """Cases by their number and a seed."""

    def __init__(self, scratch: Path) -> None:
        self.right, self.cases, self.mark = (scratch / n for n in ("right", "cases", "mark"))
        for folder in (self.right, self.mark):
            folder.mkdir()
        apart(lambda: make_networks(self.right))
        files = sorted(self.right.iterdir())
        for file in files:  # what is imported late is imported here, once for all children
            for _, call in _calls(file):
                call()
        expected_state.cache_clear()
        self.truth = dict(zip((f.name for f in files), run([partial(_calls, f) for f in files]), strict=True))

    def run(self, seed: int, numbers: Sequence[int]) -> list[tuple[str, list[Outcome]]]:
        """What each case is, and what came of it."""
        shutil.rmtree(self.cases, ignore_errors=True)
        made = [self._case(seed, number) for number in numbers]
        outcomes = run([partial(_watched_calls, case.path, self.mark) for case in made])
        return [(case.harmed, came) for case, came in zip(made, outcomes, strict=True)]

    def _case(self, seed: int, number: int) -> Case:
        folder = self.cases / str(number)
        folder.mkdir(parents=True)
        return case(
            Place(folder, self.right, self.mark / "ran", random.Random(f"checkpoints {seed} {number}"))
        )


def _watched_calls(path: Path, mark: Path) -> Iterator[Call]:
    watch = Watch(mark)
    yield from _calls(path)
    yield "code of the file", lambda: _none(watch.seen())
    watch.close()


def _none(seen: set[bytes]) -> str:
    if seen:
        raise AssertionError(f"it ran and made {seen}")
    return "not run"


def _calls(path: Path) -> Iterator[Call]:
    kinds: list[str] = []

    def tell() -> str:
        report = recognise(path)
        kinds.extend(report.config if isinstance(report.config, dict) else [report.kind])
        return report.kind

    if not path.is_dir():
        yield "recognise", tell
        yield "describe", lambda: describe(path)
        for kind in kinds:
            yield f"load_network {kind}", lambda kind=kind: type(load_network(path, kind)).__name__
    if path.is_dir() or path.parent.name == "models":
        yield "from_files", lambda: type(assembly.from_files(path, CPU, torch.float32)).__name__
        yield (
            "systems",
            lambda: [(s.name, s.missing) for s in systems([path if path.is_dir() else path.parent])],
        )
