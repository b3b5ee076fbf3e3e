"""A file to a state dict that loads strictly, and to a network.

Public files are brought into canonical form on the way (`parts.py`, `kinds/`): renamed, unused tensors
dropped, weight norm folded and VAE rows normalised in float32, float8 up-cast. Tensors are mapped from the
file and cast one by one: memory holds the result, the source stays in pages that the system can take back.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from ..errors import InputError
from ..networks.attention import Attention, sdpa
from .accidents import AGAIN
from .catalogue import advice
from .compare import expected_state
from .header import Header, read_header
from .kinds import KINDS
from .kinds.kind import State
from .parts import Part, is_known, is_own, split
from .pickled import damaged, open_torch_file, unpack_top_level
from .recognise import FLOAT8, Judged, judge
from .report import FileReport
from .wrapping import unwrap


def load_state(path: str | Path, *, dtype: torch.dtype | None = None) -> tuple[FileReport, State]:
    """-> the report, and name -> tensor on the CPU. `dtype` None keeps the file's number type (bfloat16 for
    float8).

    The networks' own float32 buffers (statistics, filters) stay float32. In files of several parts names
    keep the part's prefix (`vae.`, `vocoder.`).
    """
    judged, parts = _load_parts(Path(path), dtype)
    return judged.report, {part.prefix + name: t for part in parts for name, t in part.state.items()}


def load_network(
    path: str | Path,
    kind: str,
    *,
    operations: Any = nn,
    attention: Attention = sdpa,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
) -> nn.Module:
    """The file's network of one kind ("mmdit", "vae", "clip_text", ...), in eval mode, without gradients."""
    judged, parts = _load_parts(Path(path), dtype, only=kind)
    (part,) = parts
    kw = {"operations": operations, "attention": attention, "dtype": dtype or judged.load_dtype}
    network = part.kind.build(part.config, device="meta", **kw, **part.kind.beside(Path(path), part.config))
    network.load_state_dict(part.state, strict=True, assign=True)
    return network.requires_grad_(False).eval().to(device)


def _load_parts(path: Path, dtype: torch.dtype | None, only: str | None = None) -> tuple[Judged, list[Part]]:
    header = read_header(path)
    judged = judge(header)
    held = [p.kind.name for p in judged.parts]
    if only is not None and held.count(only) != 1:
        raise InputError(
            f"{path} holds {' + '.join(held)} ({judged.report.variant}), not one {only}: "
            f"{KINDS[only].what} is wanted here. {advice(only)}"
        )
    state = {name: t.to(judged.load_dtype) if t.dtype in FLOAT8 else t for name, t in stored(header).items()}
    if not is_own(header.metadata):
        state, _ = unwrap(state, is_known)
    _, parts = split(state, header.metadata, str(path))
    del state  # the parts hold what is needed
    wanted = [p for p in parts if only in (None, p.kind.name)]
    return judged, [_finished(p, dtype or judged.load_dtype, path) for p in wanted]


def stored(header: Header) -> State:
    """The file's tensors under its own names, mapped where the format allows it."""
    if header.container == "torch":
        file = open_torch_file(header.path)
        stored, _ = unpack_top_level(file.content, header.path)
        try:
            return {name: file.tensor(place) for name, place in stored.items()}
        except Exception as error:
            raise damaged(header.path, error) from error
    try:
        with safe_open(header.path, framework="pt", device="cpu") as file:
            return {name: file.get_tensor(name) for name in header.specs}
    except (SafetensorError, OSError) as error:
        raise InputError(f"{header.path} is damaged ({error}). {AGAIN}") from error


def _finished(part: Part, dtype: torch.dtype, path: Path) -> Part:
    """Values checked, normalised where the file is raw, and cast to what the network of that type holds."""
    try:
        part.kind.check(part.state)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    state = part.state if part.converted else part.kind.convert(part.state)
    wanted = expected_state(part.kind, part.config, dtype)
    # Popped one by one, so that the uncast tensors go as the cast ones come.
    return replace(part, state={name: state.pop(name).to(t.dtype) for name, t in wanted.items()})
