"""A run's log: log.jsonl, and the same numbers for TensorBoard where Accelerate has it as a tracker.

{"step", "seconds", "lr", losses...}  a line, each the mean over run.log_steps steps
{"step", "validation": {...}}         at every validation
"""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...files.whole_file import whole_file

if TYPE_CHECKING:
    from accelerate import Accelerator

logger = logging.getLogger(__name__)
FILE = "log.jsonl"


class Log:
    """Written by the main process; on resume, lines after the saved step are dropped."""

    def __init__(self, folder: Path, every: int, done: int, accelerator: Accelerator) -> None:
        self.path, self.every, self.accelerator = folder / FILE, every, accelerator
        lines = read_lines(self.path) if done and self.path.exists() else []
        kept = [line for line in lines if line["step"] <= done]
        if accelerator.is_main_process:
            with whole_file(self.path) as draft:
                draft.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        before = max((line.get("seconds", 0.0) for line in kept), default=0.0)
        self.begun = time.monotonic() - before
        self.sums: dict[str, tuple[float, int]] = {}
        self.last = (0, 0.0)  # step and learning rate
        if accelerator.log_with:
            accelerator.init_trackers("tensorboard")

    def add(self, step: int, lr: float, figures: dict[str, float]) -> None:
        for name, value in figures.items():
            total, count = self.sums.get(name, (0.0, 0))
            self.sums[name] = (total + value, count + 1)
        self.last = (step, lr)
        if step % self.every == 0:
            self.flush()

    def flush(self) -> None:
        """Writes the mean of what was added since the last line."""
        if self.sums:
            step, lr = self.last
            means = {name: total / count for name, (total, count) in self.sums.items()}
            self._write({"step": step, "seconds": time.monotonic() - self.begun, "lr": lr, **means})
            self._track("training", {"lr": lr, **means}, step)
            self.sums = {}

    def validation(self, step: int, figures: dict[str, float]) -> None:
        self._write({"step": step, "validation": figures})
        self._track("validation", figures, step)

    def _write(self, line: dict[str, Any]) -> None:
        if self.accelerator.is_main_process:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def _track(self, group: str, figures: dict[str, float], step: int) -> None:
        if self.accelerator.log_with:
            self.accelerator.log({f"{group}/{name}": v for name, v in figures.items()}, step=step)


def check_log(folder: Path, done: int, state: Path) -> None:
    """The log is written before the state: one that ends earlier is another run's."""
    path = folder / FILE
    last = max((line["step"] for line in read_lines(path)), default=0) if path.exists() else done
    if last < done:
        raise InputError(
            f"--resume: {state} is of step {done}, but {path} ends at step {last}; put the files of one run "
            "there, or delete the log to go on without it."
        )


def read_lines(path: Path) -> list[dict[str, Any]]:
    """What the log holds. A line that a dying machine left unfinished is dropped."""
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            logger.warning("%s: dropped a line that is not whole: %s", path, line[:80])
    return found
