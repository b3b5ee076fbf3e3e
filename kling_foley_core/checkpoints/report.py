"""What recognition found out about a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class FileReport:
    """One file, judged by its tensors. For files of several parts, `config` is {part kind: config}."""

    kind: str  # "mmdit", "vae", "vocoder", "vae+vocoder", "synchformer", "clip", "t5", "stereo"
    variant: str
    config: Any
    values: int  # numbers in the network, after dropping what is unused
    dtype: torch.dtype  # the one that most values are stored in
    prefix: str  # what was taken off every name, or the key of a torch file: "", "module.", "generator"
    notes: tuple[str, ...]
