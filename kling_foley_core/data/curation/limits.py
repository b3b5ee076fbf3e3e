"""Thresholds of the curation (paper section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...errors import InputError


@dataclass(frozen=True)
class Limits:
    """Only the silence ratio's value is the paper's; the others are our choice."""

    silence_ratio: float


DEFAULT = Limits(silence_ratio=0.2)


def checked_limits(given: Mapping[str, str]) -> Limits:
    """The defaults with those of `given`."""
    if given:
        raise InputError(f"--limit {' '.join(given)}: can't be given yet.")
    return DEFAULT
