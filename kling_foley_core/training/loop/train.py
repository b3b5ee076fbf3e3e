"""The one loop that trains every part: steps, a log, checkpoints, exact resume, on one process or many.

    DIR/recipe.toml   the recipe, copied in
    DIR/log.jsonl     losses and validations (`log.py`); DIR/tensorboard: the same for TensorBoard
    DIR/state.pt      everything a resumed run needs (`checkpoint.py`)
    DIR/X.safetensors the weights so far, usable at any moment (written by Trainer.export)

An interrupted and resumed run ends with the same bits as an uninterrupted one on the same machine.
"""

from __future__ import annotations

import math
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch

from ...errors import InputError
from ...files.whole_file import made_folder
from ...progress import Progress, silent
from ..recipe import Run
from .checkpoint import FILE, Needs, load_state, save_state
from .log import Log, check_log
from .processes import mean_over_processes
from .room import check_room

if TYPE_CHECKING:
    from accelerate import Accelerator

Figures = dict[str, Any]  # name -> number or scalar tensor


class Trainer(Protocol):
    """What a part brings: its step, its state and its file. Every process calls all of it."""

    def lr(self, step: int) -> float: ...

    def step(self, step: int) -> Figures:
        """Step 0, 1, 2, ...: takes this process's share of the step's batch, updates, returns losses of the
        share. Which batch, and all noise, depend on (seed, step, place in the batch) alone."""

    def validate(self, step: int) -> Figures:
        """Figures on held-out data, after `step` steps."""

    def state_dict(self) -> dict[str, Any]:
        """Tensors, numbers, strings, lists and dicts only: networks, optimisers, averages."""

    def load_state_dict(self, state: dict[str, Any]) -> None: ...

    def export(self, folder: Path) -> None:
        """Writes the weights so far with `checkpoints.save_own`, from the main process."""


def train(
    part: str,
    trainer: Trainer,
    run: Run,
    folder: Path,
    recipe: str,
    accelerator: Accelerator,
    *,
    resume: bool = False,
    needs: Needs | None = None,
    progress: Progress = silent,
) -> None:
    """To run.steps. `recipe`: the recipe's text; `needs`: names or digits of what the run builds on, which a
    resumed run must find again. A `progress` that raises ends the run, resumable."""
    needs = needs or {}
    done = _begin(folder, recipe, trainer, resume, needs, accelerator)
    if done >= run.steps:
        trainer.export(folder)  # the run may have been killed between the last state and its export
    log = Log(folder, run.log_steps, done, accelerator)
    saved_at = time.monotonic()

    def save(step: int) -> None:
        """The state first: an export can be made again from it, not the other way round."""
        log.flush()
        save_state(folder, step, trainer, needs, accelerator)
        trainer.export(folder)

    for step in range(done + 1, run.steps + 1):
        overdue = time.monotonic() - saved_at > 60 * run.checkpoint_minutes
        figures = {**trainer.step(step - 1), "overdue": float(overdue)}
        figures = mean_over_processes(_numbers(figures, part, step), accelerator)
        due = figures.pop("overdue") > 0  # in any process: all must save together
        log.add(step, trainer.lr(step - 1), figures)
        if step % run.validate_steps == 0 or step == run.steps:
            log.validation(step, _numbers(trainer.validate(step), part, step))
        if due or step % run.checkpoint_steps == 0 or step == run.steps:
            save(step)
            saved_at = time.monotonic()
        try:
            progress(f"training {part}", step, run.steps)
        except BaseException:
            if accelerator.num_processes == 1:  # others would wait for this one
                save(step)
            raise


def autocast(run: Run, device: torch.device) -> AbstractContextManager:
    """The number type networks run in."""
    return torch.autocast(device.type, torch.bfloat16) if run.precision == "bf16" else nullcontext()


def check_folder(folder: Path, recipe: str, resume: bool) -> None:
    """Refuses to overwrite a run, or to go on with another recipe. Makes the folder of a new one."""
    copy, state = folder / "recipe.toml", folder / FILE
    if not resume and state.exists():
        raise InputError(
            f"--out {folder} holds a run already; add --resume to go on, or choose another folder."
        )
    if resume and not state.is_file():
        raise InputError(f"--resume: {folder} holds no {FILE}; start without --resume.")
    if resume and (not copy.is_file() or copy.read_text(encoding="utf-8") != recipe):
        raise InputError(f"--resume: the recipe is not the one in {folder}; give --recipe {copy}.")
    made_folder(folder, "--out")


def _begin(
    folder: Path, recipe: str, trainer: Trainer, resume: bool, needs: Needs, accelerator: Accelerator
) -> int:
    """Steps done already."""
    check_folder(folder, recipe, resume)
    accelerator.wait_for_everyone()
    if resume:
        done = load_state(folder, trainer, needs, accelerator)
        check_log(folder, done, folder / FILE)
        return done
    check_room(folder, trainer.state_dict())
    if accelerator.is_main_process:
        (folder / "recipe.toml").write_text(recipe, encoding="utf-8")
    return 0


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
