"""The one loop that trains every part: steps, a log, checkpoints, exact resume.

    DIR/recipe.toml   the recipe, copied in
    DIR/log.jsonl     {"step", "seconds", "lr", losses...} a line, each the mean over run.log_steps steps;
                      {"step", "validation": {...}} at every validation
    DIR/state.pt      everything a resumed run needs, replaced atomically
    DIR/X.safetensors the weights so far, usable at any moment (written by Trainer.export)

An interrupted and resumed run ends with the same bits as an uninterrupted one on the same machine.
"""

from __future__ import annotations

import json
import logging
import math
import struct
import time
import zipfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Protocol

import torch

from ...errors import InputError
from ...files.whole_file import made_folder, whole_file
from ...progress import Progress, silent
from ..recipe import Run

logger = logging.getLogger(__name__)

Figures = dict[str, Any]  # name -> number or scalar tensor
Marks = dict[str, str]  # kind of network -> digits that change with its file
# What cut and foreign files raise in torch.load and load_state_dict.
DAMAGE = (
    UnpicklingError,
    zipfile.BadZipFile,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    MemoryError,
)


class Trainer(Protocol):
    """What a part brings: its step, its state and its file."""

    def lr(self, step: int) -> float: ...

    def step(self, step: int) -> Figures:
        """Step 0, 1, 2, ...: draws its batch from `seeds.generator_for`, updates, returns losses."""

    def validate(self, step: int) -> Figures:
        """Figures on held-out data, after `step` steps."""

    def state_dict(self) -> dict[str, Any]:
        """Tensors, numbers, strings, lists and dicts only: networks, optimisers, averages."""

    def load_state_dict(self, state: dict[str, Any]) -> None: ...

    def export(self, folder: Path) -> None:
        """Writes the weights so far with `checkpoints.save_own`."""


def train(
    part: str,
    trainer: Trainer,
    run: Run,
    folder: Path,
    recipe: str,
    *,
    resume: bool = False,
    given: Marks | None = None,
    progress: Progress = silent,
) -> None:
    """To run.steps. `recipe`: the recipe's text; `given`: a mark of each network that the part builds on,
    which a resumed run must find again. A `progress` that raises ends the run, resumable."""
    given = given or {}
    done = _begin(folder, recipe, trainer, resume, given)
    if done >= run.steps:
        trainer.export(folder)  # the run may have been killed between the last state and its export
    log = _Log(folder / "log.jsonl", run.log_steps, done)
    saved_at = time.monotonic()
    for step in range(done, run.steps):
        log.add(step + 1, trainer.lr(step), _numbers(trainer.step(step), part, step + 1))
        if (step + 1) % run.validate_steps == 0 or step + 1 == run.steps:
            log.write({"step": step + 1, "validation": _numbers(trainer.validate(step + 1), part, step + 1)})
        due = (
            step + 1
        ) % run.checkpoint_steps == 0 or time.monotonic() - saved_at > 60 * run.checkpoint_minutes
        if due or step + 1 == run.steps:
            _save(folder, trainer, step + 1, log, given)
            saved_at = time.monotonic()
        try:
            progress(f"training {part}", step + 1, run.steps)
        except BaseException:
            _save(folder, trainer, step + 1, log, given)
            raise


def autocast(run: Run, device: torch.device) -> AbstractContextManager:
    """The number type networks run in."""
    return torch.autocast(device.type, torch.bfloat16) if run.precision == "bf16" else nullcontext()


def check_folder(folder: Path, recipe: str, resume: bool) -> None:
    """Refuses to overwrite a run, or to go on with another recipe. Makes the folder of a new one."""
    copy, state = folder / "recipe.toml", folder / "state.pt"
    if not resume and state.exists():
        raise InputError(
            f"--out {folder} holds a run already; add --resume to go on, or choose another folder."
        )
    if resume and not state.is_file():
        raise InputError(f"--resume: {folder} holds no state.pt; start without --resume.")
    if resume and (not copy.is_file() or copy.read_text(encoding="utf-8") != recipe):
        raise InputError(f"--resume: the recipe is not the one in {folder}; give --recipe {copy}.")
    made_folder(folder, "--out")


def _begin(folder: Path, recipe: str, trainer: Trainer, resume: bool, given: Marks) -> int:
    """Steps done already."""
    check_folder(folder, recipe, resume)
    if resume:
        done = _load(folder / "state.pt", trainer, given)
        _check_log(folder, done)
        return done
    (folder / "recipe.toml").write_text(recipe, encoding="utf-8")
    return 0


def _check_log(folder: Path, done: int) -> None:
    """The log is written before the state: one that ends earlier is another run's."""
    path = folder / "log.jsonl"
    last = max((line["step"] for line in _lines(path)), default=0) if path.exists() else done
    if last < done:
        raise InputError(
            f"--resume: {folder / 'state.pt'} is of step {done}, but {path} ends at step {last}; put the "
            "files of one run there, or delete the log to go on without it."
        )


def _load(path: Path, trainer: Trainer, given: Marks) -> int:
    try:
        _check_sums(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
        before = state.get("given", given)  # older states don't say
        if before == given:
            trainer.load_state_dict(state["trainer"])
        torch.set_rng_state(state["random"])
        done = state["step"]
        if type(done) is not int or done < 1:
            raise ValueError(f"it says step {done!r}")
    except PermissionError as error:
        raise InputError(f"--resume: {path} may not be read ({error}); change its rights.") from error
    except torch.OutOfMemoryError:
        raise
    except DAMAGE as error:
        raise InputError(
            f"--resume: {path} is damaged or another network's ({error}); put a whole copy of it there, "
            f"or delete it and start without --resume."
        ) from error

    _check_given(before, given)
    return done


def _check_sums(path: Path) -> None:
    """torch.save writes a checksum for everything in the archive; torch.load does not look at it."""
    with zipfile.ZipFile(path) as archive:
        wrong = [e.filename for e in archive.infolist() if e.compress_type != zipfile.ZIP_STORED]
        wrong += [archive.testzip() or ""]
    if any(wrong):
        raise ValueError(f"{wrong[0]} is not what was written")


def _check_given(before: Marks, now: Marks) -> None:
    others = [kind for kind in before | now if before.get(kind) != now.get(kind)]
    if others:
        raise InputError(
            f"--resume: --with gives another {', '.join(others)} than the run began with; give the same "
            f"files, or start anew in another folder."
        )


def _save(folder: Path, trainer: Trainer, step: int, log: _Log, given: Marks) -> None:
    """The state first: an export can be made again from it, not the other way round."""
    log.flush()
    state = {
        "step": step,
        "trainer": trainer.state_dict(),
        "random": torch.get_rng_state(),
        "given": given,
    }
    with whole_file(folder / "state.pt") as draft:
        torch.save(state, draft)
    trainer.export(folder)


class _Log:
    """Means over `every` steps, one JSON object a line; on resume, lines after the saved step are dropped."""

    def __init__(self, path: Path, every: int, done: int) -> None:
        self.path, self.every = path, every
        lines = _lines(path) if done and path.exists() else []
        kept = [line for line in lines if line["step"] <= done]
        with whole_file(path) as draft:
            draft.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        before = max((line.get("seconds", 0.0) for line in kept), default=0.0)
        self.begun = time.monotonic() - before
        self.sums: dict[str, tuple[float, int]] = {}
        self.last = (0, 0.0)  # step and learning rate

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
            self.write({"step": step, "seconds": time.monotonic() - self.begun, "lr": lr, **means})
            self.sums = {}

    def write(self, line: dict[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _lines(path: Path) -> list[dict[str, Any]]:
    """What the log holds. A line that a dying machine left unfinished is dropped."""
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            logger.warning("%s: dropped a line that is not whole: %s", path, line[:80])
    return found


def _numbers(figures: Figures, part: str, step: int) -> dict[str, float]:
    """Raises InputError at one that is no number: weights that follow from it must never be saved."""
    numbers = {name: float(torch.as_tensor(value).detach()) for name, value in figures.items()}
    for name, value in numbers.items():
        if not math.isfinite(value):
            raise InputError(
                f"training {part}, step {step}: {name} is {value}. The last checkpoint is from before; "
                f"lower the learning rate in the recipe, or check the data and the device."
            )
    return numbers
