"""A run's state on disk: whole or absent, and the previous one stays until the new one is complete.

    DIR/state.pt        everything a resumed run needs; or, where FSDP2 spreads tensors over the processes,
                        all but these, and the name of the folder that holds them
    DIR/state-N-STEP/   their shards, each written by the process that holds it
    (torch.distributed.checkpoint);
                        they can be read by any number of processes

state.pt is replaced last: it is the moment from which on a checkpoint counts.
"""

from __future__ import annotations

import shutil
import struct
import zipfile
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ...errors import InputError
from ...files.whole_file import whole_file

if TYPE_CHECKING:
    from accelerate import Accelerator

FILE = "state.pt"
SHARDED = "sharded"  # in the place of a tensor that lies in the folder
Needs = dict[str, str]  # what a run was begun with -> its name, or digits that change with it
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


def save_state(folder: Path, step: int, trainer: Any, needs: Needs, accelerator: Accelerator) -> None:
    """Called by every process."""
    from accelerate.utils import gather_object

    state = trainer.state_dict()
    sharded = sharded_tensors(state)
    beside = _save_shards(folder, step, sharded, accelerator) if sharded else ""
    random = gather_object([torch.get_rng_state()])
    if accelerator.is_main_process:
        kept = _without(state) if sharded else state
        content = {"step": step, "trainer": kept, "random": random, "needs": needs, "shards": beside}
        with whole_file(folder / FILE) as draft:
            torch.save(content, draft)
        for old in folder.glob("state-*"):
            if old.name != beside:
                shutil.rmtree(old, ignore_errors=True)
    accelerator.wait_for_everyone()


def load_state(folder: Path, trainer: Any, needs: Needs, accelerator: Accelerator) -> int:
    """Returns the steps done. Called by every process."""
    path = folder / FILE
    try:
        _check_sums(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
        before, done = content["needs"], content["step"]
        if type(done) is not int or done < 1:
            raise ValueError(f"it says step {done!r}")
        if before == needs:
            state = content["trainer"]
            if content["shards"]:
                state = _load_shards(folder / content["shards"], state, trainer.state_dict())
            trainer.load_state_dict(state)
            if accelerator.process_index < len(content["random"]):
                torch.set_rng_state(content["random"][accelerator.process_index])
    except PermissionError as error:
        raise InputError(f"--resume: {path} may not be read ({error}); change its rights.") from error
    except torch.OutOfMemoryError:
        raise
    except DAMAGE as error:
        raise InputError(
            f"--resume: {path} is damaged or another network's ({error}); put a whole copy of it there, "
            f"or delete it and start without --resume."
        ) from error
    _check_needs(before, needs)
    return done


def _check_sums(path: Path) -> None:
    """torch.save writes a checksum for everything in the archive; torch.load does not look at it."""
    with zipfile.ZipFile(path) as archive:
        wrong = [e.filename for e in archive.infolist() if e.compress_type != zipfile.ZIP_STORED]
        wrong += [archive.testzip() or ""]
    if any(wrong):
        raise ValueError(f"{wrong[0]} is not what was written")


def _check_needs(before: Needs, now: Needs) -> None:
    others = [
        f"{name} ({before.get(name, 'none')})" for name in before | now if before.get(name) != now.get(name)
    ]
    if others:
        raise InputError(
            f"--resume: the run began with another {', another '.join(others)}; give the same, or start "
            "anew in another folder."
        )


def sharded_tensors(state: Any, name: str = "") -> dict[str, Tensor]:
    """Those that are spread over the processes, by their place in nested dicts."""
    if isinstance(state, dict):
        return {n: t for key, v in state.items() for n, t in sharded_tensors(v, f"{name}/{key}").items()}
    return {name: state} if hasattr(state, "placements") else {}


def _without(state: Any) -> Any:
    if isinstance(state, dict):
        return {key: _without(value) for key, value in state.items()}
    return SHARDED if hasattr(state, "placements") else state


def _save_shards(folder: Path, step: int, tensors: dict[str, Tensor], accelerator: Accelerator) -> str:
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint.api import CheckpointException

    name = f"state-{accelerator.num_processes}-{step:08d}"
    if accelerator.is_main_process:  # one that a killed run left unfinished
        shutil.rmtree(folder / name, ignore_errors=True)
    accelerator.wait_for_everyone()
    try:
        dcp.save(tensors, checkpoint_id=folder / name)
    except CheckpointException as error:
        cause = next(iter(error.failures.values()))[0]
        raise InputError(
            f"output '{folder / name}' can't be written ({cause}): make room or choose another folder."
        ) from error
    return name


def _load_shards(folder: Path, state: Any, held: Any) -> Any:
    """`state` with the tensors of the folder in their places, spread as those of `held` are."""
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint.api import CheckpointException

    places = {name: tensor for name, tensor in _marked(state, held)}
    try:
        dcp.load(places, checkpoint_id=folder)
    except CheckpointException as error:
        raise ValueError(str(next(iter(error.failures.values()))[0])) from error
    return _filled(state, places)


def _marked(state: Any, held: Any, name: str = "") -> list[tuple[str, Tensor]]:
    if isinstance(state, dict):
        return [pair for key, value in state.items() for pair in _marked(value, held[key], f"{name}/{key}")]
    return [(name, torch.empty_like(held))] if isinstance(state, str) and state == SHARDED else []


def _filled(state: Any, places: dict[str, Tensor], name: str = "") -> Any:
    if isinstance(state, dict):
        return {key: _filled(value, places, f"{name}/{key}") for key, value in state.items()}
    return places.get(name, state)
