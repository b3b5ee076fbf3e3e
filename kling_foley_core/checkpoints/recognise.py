"""Which file is what: judged by names and shapes of its tensors, never by its name, and checked tensor by
tensor.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch

from .compare import check
from .header import Header, TensorSpec, meta_state, read_header
from .kinds.kind import State
from .parts import Part, is_known, is_own, split
from .report import FileReport
from .wrapping import unwrap

FLOAT8 = (torch.float8_e4m3fn, torch.float8_e5m2)


@dataclass(frozen=True)
class Judged:
    """The report, and what loading needs besides."""

    report: FileReport
    parts: tuple[Part, ...]  # on the meta device
    load_dtype: torch.dtype  # what tensors become when nobody asks for a type


def recognise(path: str | Path) -> FileReport:
    """The report of a file; InputError for whatever can't be used. Reads the header only."""
    return judge(read_header(path)).report


def recognise_tensors(
    specs: dict[str, TensorSpec],
    *,
    top_level: str | None = None,
    metadata: dict[str, str] | None = None,
    name: str = "the file",
) -> FileReport:
    """The same from specs at hand; `name` is what messages call the file."""
    return judge(Header(Path(name), "memory", specs, top_level, metadata or {})).report


def parts_of(header: Header) -> list[Part]:
    """The networks that names and shapes tell of, tensors not yet compared with them."""
    return _split(header)[2]


def _split(header: Header) -> tuple[State, str, list[Part], str]:
    """-> the state, the file's kind, its parts, and the prefix taken off."""
    own = is_own(header.metadata)
    specs, prefix = (header.specs, "") if own else unwrap(header.specs, is_known)
    state = meta_state(specs)
    return state, *split(state, header.metadata, str(header.path)), prefix


def judge(header: Header) -> Judged:
    """Recognises, checks every tensor and sums up."""
    state, kind, parts, prefix = _split(header)
    for part in parts:
        check(part, str(header.path))
    dtypes = Counter[torch.dtype]()
    for spec in header.specs.values():
        if spec.dtype.is_floating_point:
            dtypes[spec.dtype] += max(1, torch.Size(spec.shape).numel())
    plain = [d for d, _ in dtypes.most_common() if d not in FLOAT8]
    single = [kind] == [p.kind.name for p in parts]
    report = FileReport(
        kind=kind,
        variant=_variant(kind, parts),
        config=parts[0].config if single else {p.kind.name: p.config for p in parts},
        values=sum(t.numel() for p in parts for t in p.state.values()),
        dtype=dtypes.most_common(1)[0][0],
        prefix=".".join(filter(None, (header.top_level, prefix.rstrip(".")))),
        notes=_notes(header, state, parts, dtypes),
    )
    return Judged(report, tuple(parts), plain[0] if plain else torch.bfloat16)


def _variant(kind: str, parts: list[Part]) -> str:
    """The parts' variants joined; a CLIP is named by its visual tower."""
    named = parts[:1] if kind == "clip" else parts
    return "+".join(p.kind.variant(p.config) for p in named)


def _notes(header: Header, state: State, parts: list[Part], dtypes: Counter) -> tuple[str, ...]:
    notes = ["Written by Kling-Foley; the config is the file's own."] if is_own(header.metadata) else []
    if header.top_level is not None:
        notes.append(f"The file's `{header.top_level}` entry is used; what lies beside it is ignored.")
    if any(d in FLOAT8 for d in dtypes):
        notes.append("float8 values are up-cast when the file is loaded.")
    for part in parts:
        notes.extend(part.kind.notes(state))
    return tuple(dict.fromkeys(notes))
