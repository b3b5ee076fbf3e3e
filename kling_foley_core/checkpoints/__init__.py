"""Which file is what, by its tensors; public files and our own to networks."""

from __future__ import annotations

from .describe import describe, needs
from .digest import digest_of, digest_of_file
from .header import TensorSpec
from .load import load_network, load_state
from .recognise import recognise, recognise_tensors
from .report import FileReport
from .save import save_bundle, save_own

__all__ = [
    "FileReport",
    "TensorSpec",
    "describe",
    "load_network",
    "load_state",
    "digest_of",
    "digest_of_file",
    "needs",
    "recognise",
    "recognise_tensors",
    "save_bundle",
    "save_own",
]
