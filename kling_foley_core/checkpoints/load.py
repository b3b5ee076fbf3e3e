"""A file to a state dict that loads strictly, and to a network.

Public files are brought into canonical form on the way (`parts.py`, `kinds/`): renamed, unused tensors
dropped, weight norm folded and VAE rows normalised in float32, float8 up-cast. Tensors are mapped from the
file. Those of the type that is wanted stay so: their weights are the file's own pages, which the system reads
when they are used. The others are cast one by one, and the pages of each are let go: memory holds the result
alone.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..errors import InputError
from ..networks import layers
from ..networks.attention import Attention, sdpa
from ..progress import Progress, silent
from .accidents import AGAIN
from .catalogue import advice
from .compare import expected_state
from .header import Header, read_header
from .kinds import KINDS
from .kinds.kind import State
from .mapped import MappedFile
from .parts import Part, is_known, is_own, split
from .pickled import damaged, open_torch_file, unpack_top_level
from .recognise import judge
from .report import FileReport
from .wrapping import unwrap


def load_state(path: str | Path, *, dtype: torch.dtype | None = None) -> tuple[FileReport, State]:
    """-> the report, and name -> tensor on the CPU. `dtype` None keeps the file's number type (bfloat16 for
    float8).

    The networks' own float32 buffers (statistics, filters) stay float32. In files of several parts names
    keep the part's prefix (`vae.`, `vocoder.`).
    """
    header = read_header(path)
    judged = judge(header)
    tensors, mapped = stored(header)
    state: State = {}
    for part in _parts(header, tensors):
        wanted = expected_state(part.kind, part.config, dtype or judged.load_dtype)
        finished = _finished(part, wanted, mapped, header.path)
        state |= {part.prefix + name: tensor for name, tensor in finished.items()}
    return judged.report, state


def load_network(
    path: str | Path,
    kind: str,
    *,
    operations: Any = layers,
    attention: Attention = sdpa,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
    progress: Progress = silent,
    **half: bool,
) -> nn.Module:
    """The file's network of one kind ("mmdit", "vae", "clip_text", ...), in eval mode, without gradients.
    `half`: what only some kinds' networks take: `encoder=False`, a VAE that decodes alone."""
    header = read_header(path)
    judged = judge(header)
    held = [p.kind.name for p in judged.parts]
    if held.count(kind) != 1:
        raise InputError(
            f"{path} holds {' + '.join(held)} ({judged.report.variant}), not one {kind}: "
            f"{KINDS[kind].what} is wanted here. {advice(kind)}"
        )
    tensors, mapped = stored(header)
    (part,) = (p for p in _parts(header, tensors) if p.kind.name == kind)
    del tensors
    dtype = dtype or judged.load_dtype
    wanted = expected_state(part.kind, part.config, dtype, **half)
    state = _finished(part, wanted, mapped, header.path, progress)
    kw = {"operations": operations, "attention": attention, "dtype": dtype, **half}
    kw |= part.kind.beside(header.path, part.config)
    network = part.kind.without_values(part.config, **kw)
    network.load_state_dict(state, strict=True, assign=True)
    return network.requires_grad_(False).eval().to(device)


def _parts(header: Header, tensors: State) -> list[Part]:
    if not is_own(header.metadata):
        tensors, _ = unwrap(tensors, is_known)
    return split(tensors, header.metadata, str(header.path))[1]


def stored(header: Header) -> tuple[State, MappedFile]:
    """The file's tensors under its own names, in its map."""
    try:
        mapped = MappedFile(header.path)
        if header.container == "torch":
            file = open_torch_file(header.path)
            places, _ = unpack_top_level(file.content, header.path)
            return {name: file.tensor(place, mapped) for name, place in places.items()}, mapped
        sizes = {name: math.prod(spec.shape) for name, spec in header.specs.items()}
        end = max(s.begin + sizes[name] * s.dtype.itemsize for name, s in header.specs.items())
        if end != mapped.size:
            raise ValueError(f"its last tensor ends at byte {end} of {mapped.size}")
        specs = header.specs.items()
        return {n: mapped.values(s.dtype, sizes[n], s.begin).view(s.shape) for n, s in specs}, mapped
    except InputError:
        raise
    except OSError as error:  # no memory that may be promised to it, say, or it is gone
        raise InputError(f"{header.path} can't be read ({error.strerror or error}).") from error
    except Exception as error:
        if header.container == "torch":
            raise damaged(header.path, error) from error
        raise InputError(f"{header.path} is damaged ({error}). {AGAIN}") from error


def _finished(
    part: Part, wanted: State, mapped: MappedFile, path: Path, progress: Progress = silent
) -> State:
    """What the network wants of the part: values checked, normalised where the file is raw, and cast."""
    try:
        part.kind.check(part.state)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    raw = {name: part.state[name] for name in wanted}
    part.state.clear()  # what is cast goes at once
    state = raw if part.converted else part.kind.convert(raw)
    finished: State = {}
    for done, (name, like) in enumerate(wanted.items(), 1):
        source = raw.pop(name)
        finished[name] = state.pop(name, source).to(like.dtype)
        if finished[name] is not source:
            mapped.let_go(source)
        progress("loading", done, len(wanted))
    mapped.let_go()
    return finished
