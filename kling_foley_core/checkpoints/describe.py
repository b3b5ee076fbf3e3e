"""The text of `kling-foley inspect FILE`: what a file is, how big, under which licence, and what else it
needs.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from ..mmdit.config import MMDiTConfig
from ..weights import BUILT_IN
from .catalogue import FOLDER, OWN, files_for
from .header import read_header
from .kinds.mmdit import has_paper_inputs
from .recognise import judge
from .report import FileReport

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
VISUAL_BY_WIDTH = {1280: "MetaCLIP ViT-bigG/14 (open_clip's metaclip_fullcc)"}
BUILT_IN_LICENCE = "MIT, as the code (it is the built-in model)"
PUBLIC_CODECS = {20: ("vae_16k", "bigvgan_16k"), 40: ("vae_44k", "bigvgan_44k")}  # by latent channels


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
    config, wanted = report.config, []
    if config.latent_dim in PUBLIC_CODECS and not has_paper_inputs(config):
        vae, vocoder = PUBLIC_CODECS[config.latent_dim]
        wanted += [_row("vae", vae), _row("vocoder", vocoder)]
    else:  # also where the width is a public one: that alone makes no common latent space
        wanted.append(f"the codec it was trained with ({config.latent_dim} latent channels)")
    if config.visual_dim == config.text_dim == 1024:
        wanted.append(_row("clip", "dfn5b_vit_h14_378"))
    else:
        wanted.append(
            VISUAL_BY_WIDTH.get(config.visual_dim, f"a visual encoder of {config.visual_dim} channels")
        )
        wanted.append(
            _row("t5") if config.text_dim == 768 else f"a text encoder of {config.text_dim} channels"
        )
    sync = config.sync_dim
    wanted.append(_row("synchformer") if sync == 768 else f"a sync encoder of {sync} channels")
    return tuple(wanted)


def _row(kind: str, variant: str | None = None) -> str:
    first = files_for(kind, variant)[0]
    size = f" ({first.size})" if first.size else ""
    return f"{first.what}: {first.name}{size} from {first.source}, in {FOLDER}"


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
