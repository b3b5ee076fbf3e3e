"""The networks of one system put together from weight files, each recognised by its tensors; or one network
of a preset, untrained."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..checkpoints import recognise
from ..checkpoints.catalogue import advice
from ..checkpoints.finding import weight_files
from ..checkpoints.kinds import KINDS
from ..checkpoints.scan import Network, scan
from ..codec import FoleyCodec
from ..encoders.sync.motion import MotionEncoder
from ..encoders.sync.synchformer import Synchformer
from ..encoders.text.clip import ClipTextConfig
from ..encoders.text.t5 import T5TextConfig
from ..encoders.visual.clip import ClipVisualEncoder
from ..encoders.visual.look import LookEncoder
from ..errors import InputError
from ..lora import check_lora, read_lora
from ..mmdit import MMDiT
from ..presets import PRESETS, Preset
from ..progress import Progress, silent
from ..stereo import StereoRenderer
from .compatibility import WHAT
from .search import System, system_of
from .staged import StagedParts

SHOWN = 12  # files quoted in a message
FEW = 8  # files whose headers are read before one would wonder
KIND_OF_PART = {"generator": "mmdit", "visual": "clip_visual", "sync": "synchformer"}
SEED = 2506_19774


@dataclass(frozen=True)
class Parts:
    """The boxes of the figure. `stereo` is None for models that make mono sound."""

    generator: MMDiT
    text: Any  # encode(list of texts) -> [B, tokens, dim]
    visual: ClipVisualEncoder | LookEncoder
    sync: Synchformer | MotionEncoder
    codec: FoleyCodec
    stereo: StereoRenderer | None

    @classmethod
    def of(cls, parts: Parts | StagedParts) -> Parts:
        """All networks of a system on disk, loaded and held."""
        return cls(*(getattr(parts, field.name) for field in fields(cls)))

    @property
    def decoder(self) -> FoleyCodec:
        """The codec, where it need not encode: a system on disk then loads less."""
        return self.codec

    @property
    def unloaded(self) -> Parts:
        """For configs, views and rates: a system on disk has them without its weights."""
        return self


def untrained(preset: Preset, part: str) -> nn.Module:
    """One network of a preset with seeded random weights, to be trained: "generator", "text", "visual",
    "sync", "vae", "vocoder" or "stereo". Calls in any order give the same.
    """
    config = getattr(preset, part)
    kind = KIND_OF_PART.get(part, part) if part != "text" else _text_kind(config)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED + list(Preset.__dataclass_fields__).index(part))
        return KINDS[kind].build(config)


def _text_kind(config: ClipTextConfig | T5TextConfig) -> str:
    return "clip_text" if isinstance(config, ClipTextConfig) else "t5"


def from_files(
    source: Path,
    device: torch.device,
    dtype: torch.dtype | None,
    progress: Progress = silent,
    loras: Sequence[tuple[str | Path, float]] = (),
    keep: bool | None = None,
    compiled: bool = False,
) -> StagedParts:
    """A system of weight files; headers are read, and weights when they are used. `source`: a folder, which
    is searched with all below it, or one flow network, beside which the others lie. `loras`: files and
    strengths, added to the flow network in this order. `keep` and `compiled`: as StagedParts takes them."""
    read = [(read_lora(file), strength) for file, strength in loras]
    system = found_system(source, progress)
    for lora, _ in read:
        check_lora(lora, system.parts["generator"].config)
    return StagedParts(system, device, dtype, progress, read, keep, compiled)


def found_system(source: Path, progress: Progress = silent) -> System:
    """The complete system that `source` means; InputError that names all that is missing."""
    one_file = not os.path.isdir(source)  # no error for a name that is too long
    if one_file:
        _check_file(source)
    found = weight_files(source.parent if one_file else source, below=not one_file)
    files = dict.fromkeys([*([source] if one_file else []), *found.files])
    networks, refused = scan(files, progress=progress if len(files) > FEW else silent)
    flow = [n for n in networks if n.kind == "mmdit" and (n.path == source or not one_file)]
    if len(flow) > 1:
        names = ", ".join(n.path.name for n in flow)
        raise InputError(
            f"model {source}: {len(flow)} flow networks are here ({names}); give one of the files."
        )
    if not flow:
        missing = [f"{WHAT['generator']} (MM-DiT): {advice('mmdit')}"]
    else:
        system = system_of(flow[0], networks, flow[0].path.name)
        if not system.missing:
            return system
        missing = list(system.missing.values())
    raise InputError(*_told_missing(source, missing, networks, [*refused, *found.left_out]))


def _told_missing(source: Path, missing: list[str], networks: list[Network], aside: list[str]) -> list[str]:
    """The lines of the error: what is missing, what is there, and what could not be used."""
    seen = "; ".join(f"{n.path.name}: {n.kind}" for n in networks[:SHOWN]) or "no network at all"
    more = f" and {len(networks) - SHOWN} more" if len(networks) > SHOWN else ""
    return [
        f"model {source}: {len(missing)} part(s) that belong to it are not here. Put their files beside the "
        "others (`kling-foley inspect FILE` says what a file is):",
        *(f"  {sentence}" for sentence in missing),
        f"  Found: {seen}{more}.",
        *(f"  Not used: {sentence}" for sentence in aside[:SHOWN]),
        *([f"  Not used: {len(aside) - SHOWN} more files."] if len(aside) > SHOWN else []),
    ]


def _check_file(source: Path) -> None:
    """InputError unless `source` is a file with a flow network in it."""
    if not os.path.lexists(source):
        raise InputError(_nowhere(source))
    report = recognise(source)
    kinds = report.config if isinstance(report.config, dict) else (report.kind,)
    if "mmdit" not in kinds:
        what = f"{report.kind} ({report.variant})"
        raise InputError(f"model {source}: it holds {what}, not a flow network. {advice('mmdit')}")


def _nowhere(source: Path) -> str:
    if str(source) in PRESETS:
        return (
            f"model {source}: these weights don't come with the pack; give the folder that has their files."
        )
    return f"model {source}: neither a preset's name nor a file nor a folder; give one of them."
