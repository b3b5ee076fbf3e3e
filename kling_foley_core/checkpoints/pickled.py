"""`.pth`, `.pt`, `.ckpt` and `.bin` files, unwrapped to one flat dict of tensors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import InputError
from .accidents import AGAIN
from .pickle_machine import Call, Global
from .torch_file import NotTorchError, Stored, TorchFile, stored_tensor
from .zip_entries import ZipDamageError

# Keys under which one flat dict of inference weights may lie: BigVGAN's own, training loops', lightning's
# and open_clip's; averages only where there is nothing else.
WEIGHT_KEYS = (
    "generator",
    "weights",
    "state_dict",
    "model",
    "model_state_dict",
    "module",
    "params_ema",
    "params",
    "ema",
    "ema_state_dict",
)
NESTED = 2  # dicts around it
TRAINING_KEYS = {
    "optimizer",
    "optimizers",
    "ema",
    "it",
    "step",
    "steps",
    "epoch",
    "scheduler",
    "optim_g",
    "optim_d",
    "scaler",
}


def open_torch_file(path: Path) -> TorchFile:
    """The file, its tensors not yet read; InputError if it is none of torch.save's, or damaged."""
    try:
        return TorchFile(path)
    except NotTorchError as error:
        raise InputError(
            f"{path} is a zip archive of {error} files, not a torch checkpoint; unpack it first."
        ) from error
    except ZipDamageError as error:
        if error.end_missing:
            raise InputError(f"{path} is cut off: {error}. {AGAIN}") from error
        raise damaged(path, error) from error
    except OSError:
        raise
    except Exception as error:  # operands of any sort meet operations of any sort
        raise damaged(path, error) from error


def damaged(path: Path, error: Exception) -> InputError:
    reason = str(error).split("\n")[0][:200]
    return InputError(f"{path} is a damaged torch file ({type(error).__name__}: {reason}). {AGAIN}")


def unpack_top_level(stored: Any, path: Path) -> tuple[dict[str, Stored], str | None]:
    """-> the flat dict of tensors, and the key it lay under (None: it was the file's whole content)."""
    try:
        single = stored_tensor(stored)
        found = next(_flat_dicts(stored, NESTED, set()), None)
    except Exception as error:
        raise damaged(path, error) from error
    if found is not None:
        key, state = found
        return _plain(state, path), key
    if single is not None:
        raise InputError(
            f"{path} holds a single tensor of shape {single.shape}, not a network. (MMAudio's "
            "empty_string.pth is such a file: it is only for training, and every flow network carries a "
            "copy.)"
        )
    _refuse(stored, path)


def _flat_dicts(stored: Any, deep: int, seen: set[int]) -> Iterator[tuple[str | None, dict[str, Stored]]]:
    """Dicts of nothing but tensors: this one, or those under the keys for weights in it; each looked at
    once."""
    if not isinstance(stored, dict) or id(stored) in seen:
        return
    seen.add(id(stored))
    if stored and all(isinstance(key, str) for key in stored):
        state = {key: stored_tensor(value) for key, value in stored.items()}
        if None not in state.values():
            yield None, state
            return
    if deep:
        for key in WEIGHT_KEYS:
            for below, state in _flat_dicts(stored.get(key), deep - 1, seen):
                yield f"{key}.{below}" if below else key, state


def _refuse(stored: Any, path: Path) -> None:
    """The error for what holds no flat dict of tensors."""
    inside = list(stored.values()) if isinstance(stored, dict) else [stored]
    code = [v.what.name for v in inside if isinstance(v, Call) and isinstance(v.what, Global)]
    if code:
        raise InputError(
            f"{path} holds code objects ({code[0]}) and no plain list of tensors; making them could run "
            "foreign code, so they were not made. Get the official file or its safetensors conversion."
        )
    if not isinstance(stored, dict):
        raise InputError(
            f"{path} holds a {type(stored).__name__}, not named tensors; get the official weights file."
        )
    entries = ", ".join(str(k)[:40] for k in list(stored)[:8])
    if TRAINING_KEYS & {k for k in stored if isinstance(k, str)}:
        raise InputError(
            f"{path} is a training checkpoint (top level: {entries}): it holds the state of a training run, "
            "not a network ready for use. Get the inference file: for MMAudio the one in the hub folder "
            "weights/, for BigVGAN bigvgan_generator.pt."
        )
    raise InputError(
        f"{path} holds no flat list of tensors (top level: {entries}); get the official weights file."
    )


def _plain(state: dict[str, Stored], path: Path) -> dict[str, Stored]:
    """Refuses tensors of other forms than one number after the other."""
    for name, tensor in state.items():
        if tensor.form:
            raise InputError(
                f"{path}: tensor {name} is stored as {tensor.form}, which this pack can't read; get the "
                "fp16, bf16 or fp32 file instead."
            )
    return state
