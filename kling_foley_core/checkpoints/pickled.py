"""`.pth`, `.pt` and `.bin` files: read through torch's weights-only loader, and unwrapped to one flat dict
of tensors.
"""

from __future__ import annotations

import pickle
import re
import zipfile
from pathlib import Path

import torch
from torch import Tensor

from ..errors import InputError
from .accidents import AGAIN

# Keys under which one flat dict of inference weights may lie: BigVGAN's own, training loops', lightning's
# and open_clip's.
WEIGHT_KEYS = ("generator", "weights", "state_dict")
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


def read_torch_file(path: Path, *, headers_only: bool) -> object:
    """What `torch.save` stored, with tensors on the meta device (`headers_only`) or mapped from the file."""
    whole = not _is_zip(path)  # files of torch < 1.6 have to be read whole
    where = "meta" if headers_only and not whole else "cpu"
    mapped = not whole and path.suffix != ".safetensors"  # by that suffix torch would take it for safetensors
    try:
        if mapped:
            return torch.load(path, map_location=where, mmap=True, weights_only=True)
        with path.open("rb") as file:
            return torch.load(file, map_location=where, weights_only=True)
    except pickle.UnpicklingError as error:
        named = re.findall(r"GLOBAL ([\w.]+)", str(error))
        what = f" ({named[0]})" if named else ""
        raise InputError(
            f"{path} holds code objects{what} besides tensors, and reading them could run foreign code; it "
            "was not read. Get the official file or its safetensors conversion."
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # a damaged pickle can raise anything: the loader runs what it happens to read
        if where == "meta":  # sparse and quantised tensors can't be there, which is no damage
            return read_torch_file(path, headers_only=False)
        reason = str(error).split("\n")[0][:200]
        raise InputError(
            f"{path} is a damaged torch file ({type(error).__name__}: {reason}). {AGAIN}"
        ) from error


def unpack_top_level(stored: object, path: Path) -> tuple[dict[str, Tensor], str | None]:
    """-> the flat dict of tensors, and the key it lay under (None: it was the file's whole content)."""
    if isinstance(stored, Tensor):
        raise InputError(
            f"{path} holds a single tensor of shape {tuple(stored.shape)}, not a network. (MMAudio's "
            "empty_string.pth is such a file: it is only for training, and every flow network carries a "
            "copy.)"
        )
    if not isinstance(stored, dict):
        raise InputError(
            f"{path} holds a {type(stored).__name__}, not named tensors; get the official weights file."
        )
    if _is_flat(stored):
        return _plain(stored, path), None
    for key in WEIGHT_KEYS:
        if isinstance(stored.get(key), dict) and _is_flat(stored[key]):
            return _plain(stored[key], path), key
    entries = ", ".join(str(k) for k in list(stored)[:8])
    if TRAINING_KEYS & {str(k) for k in stored}:
        raise InputError(
            f"{path} is a training checkpoint (top level: {entries}): it holds the state of a training run, "
            "not a network ready for use. Get the inference file: for MMAudio the one in the hub folder "
            "weights/, for BigVGAN bigvgan_generator.pt."
        )
    raise InputError(
        f"{path} holds no flat list of tensors (top level: {entries}); get the official weights file."
    )


def _is_flat(stored: dict) -> bool:
    return bool(stored) and all(isinstance(k, str) and isinstance(v, Tensor) for k, v in stored.items())


def _plain(state: dict[str, Tensor], path: Path) -> dict[str, Tensor]:
    """A copy; refuses tensors of other forms than one number after the other."""
    for name, tensor in state.items():
        if tensor.layout != torch.strided or tensor.is_quantized:
            form = tensor.dtype if tensor.is_quantized else tensor.layout
            raise InputError(
                f"{path}: tensor {name} is stored as {str(form).removeprefix('torch.')}, which this pack "
                "can't read; get the fp16, bf16 or fp32 file instead."
            )
    return dict(state)


def _is_zip(path: Path) -> bool:
    """True for a zip written by torch.save, False for the format of torch < 1.6; refuses broken and other
    zips.
    """
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise InputError(f"{path} is cut off: the end of its zip container is missing. {AGAIN}") from error
    if not any(name.endswith("/data.pkl") for name in names):
        raise InputError(
            f"{path} is a zip archive of {len(names)} files, not a torch checkpoint; unpack it first."
        )
    return True
