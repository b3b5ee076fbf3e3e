"""Frees the frames of a film while it is read.

PyAV's frames refer to their side data, and it to them: once it has been looked at, they wait for Python's
collector, which counts objects and not megabytes; hundreds of pictures were held, each with its converter's
thread. So the collector is called from time to time. What is there at its first call is left out of the
others, which takes them from a tenth of a second to a millisecond.
"""

from __future__ import annotations

import gc
from types import TracebackType

EVERY = 16  # frames


class FramesFreed:
    """A context; call `another` for every frame that was used."""

    def __init__(self) -> None:
        self.frames, self.frozen = 0, False

    def __enter__(self) -> FramesFreed:
        return self

    def another(self) -> None:
        self.frames += 1
        if self.frames % EVERY == 0:
            gc.collect()
            if not self.frozen:
                gc.freeze()
                self.frozen = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.frozen:
            gc.unfreeze()
