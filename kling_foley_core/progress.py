"""One callback for all long work: the command line shows it as bars, the nodes pass it to the host.

A callback may raise to cancel; loops call it between pieces of work and hold nothing that would leak then.
"""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]  # stage name, pieces done, pieces in all


def silent(stage: str, done: int, total: int) -> None:
    """No reports."""
