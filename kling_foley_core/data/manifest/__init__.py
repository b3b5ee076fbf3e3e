"""Clips in: a table (CSV or JSON lines), a folder, or a public list, as rows of one kind."""

from .clip import KINDS, Clip, Label, Manifest, Rejected
from .read import read_manifest

__all__ = ["KINDS", "Clip", "Label", "Manifest", "Rejected", "read_manifest"]
