"""How long each stage of an extraction takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stages:
    """Seconds and clips of each stage ("decode", "visual", ...), in the order they were first met."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.clips: dict[str, int] = {}

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """One clip's time in a stage, less what other stages take within it."""
        begin, others = time.perf_counter(), self.total
        self.seconds.setdefault(stage, 0.0)
        try:
            yield
        finally:
            within = self.total - others
            self.add(stage, time.perf_counter() - begin - within, 1)

    @property
    def total(self) -> float:
        return sum(self.seconds.values())

    def add(self, stage: str, seconds: float, clips: int) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
        self.clips[stage] = self.clips.get(stage, 0) + clips

    def table(self) -> list[str]:
        """A line for each stage and one for all: clips, seconds, clips a second."""
        lines = [f"{'stage':8s} {'clips':>7s} {'seconds':>9s} {'clips/s':>9s}"]
        clips = max(self.clips.values(), default=0)
        rows = [(name, self.clips[name], seconds) for name, seconds in self.seconds.items()]
        for name, count, seconds in [*rows, ("all", clips, self.total)]:
            rate = f"{count / seconds:9.2f}" if seconds > 0 else "        -"
            lines.append(f"{name:8s} {count:7d} {seconds:9.2f} {rate}")
        return lines
