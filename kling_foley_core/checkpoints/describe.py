"""The text of `kling-foley inspect FILE`: what a file is, how big, under which licence, and what else it
needs.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from ..mmdit.config import MMDiTConfig
from ..weights import BUILT_IN
from .catalogue import OWN, files_for
from .header import read_header
from .recognise import judge
from .report import FileReport
from .wanted import wanted_parts

WHAT = {
    "mmdit": "flow network (MM-DiT): makes sound latents from noise",
    "vae": "mel VAE: mel to latent and back",
    "vocoder": "vocoder: mel to sound",
    "vae+vocoder": "VAE and vocoder in one file (ComfyUI core's 16 kHz audio VAE)",
    "synchformer": "Synchformer: sync encoder for video",
    "clip": "CLIP: encoder for pictures and text",
    "t5": "T5: encoder for text",
    "stereo": "stereo renderer: mono mel to left and right",
    "kling_foley": "bundle of Kling-Foley networks",
}
BUILT_IN_LICENCE = "MIT, as the code (it is the built-in model)"


def describe(path: str | Path) -> str:
    """Several lines, ready to print. InputError for files that can't be used."""
    path = Path(path)
    judged = judge(read_header(path))
    report = judged.report
    rows = [
        ("file", f"{path.name} ({_bytes(path.stat().st_size)})"),
        ("kind", f"{report.kind}: {WHAT.get(report.kind, 'network of Kling-Foley')}"),
        ("variant", report.variant),
        *((f"{p.kind.name} sizes", _sizes(p.config)) for p in judged.parts),
        ("values", f"{report.values:,}, stored as {str(report.dtype).removeprefix('torch.')}"),
        ("licence", BUILT_IN_LICENCE if path.samefile(BUILT_IN) else _licence(report)),
        *([("names begin with", report.prefix)] if report.prefix else []),
        *(("needs", need) for need in needs(report)),
        *(("note", note) for note in report.notes),
    ]
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"{label:<{width}}  {text}" for label, text in rows)


def needs(report: FileReport) -> tuple[str, ...]:
    """The other files that a flow network works with; nothing for the other kinds."""
    if not isinstance(report.config, MMDiTConfig):
        return ()
    return tuple(dict.fromkeys(wanted_parts(report.config).values()))


def _licence(report: FileReport) -> str:
    rows = [
        r
        for part in report.kind.split("+")
        for r in files_for(part)
        if r.variant in report.variant.split("+")
    ]
    if not rows:
        return "that of whoever made it; no published file has these sizes" if files_for(report.kind) else OWN
    return f"{'; '.join(dict.fromkeys(r.licence for r in rows))}, as published ({rows[0].source})"


def _sizes(config: Any) -> str:
    fields = ((f.name, getattr(config, f.name)) for f in dataclasses.fields(config))
    return ", ".join(f"{name}={value}" for name, value in fields)


def _bytes(size: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.2f} GiB"
