"""One bar over many clips, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .say import silence


class ClipBar:
    """It names the stage that the clip is at."""

    def __init__(self, clips: int) -> None:
        self.clips, self.bar = clips, None

    def __enter__(self) -> ClipBar:
        from tqdm import tqdm

        with _nobody_may_read():
            self.bar = tqdm(total=self.clips, desc="clips", unit="clip")
        return self

    def stage(self, stage: str, done: int, total: int) -> None:
        """A `Progress` of the work on one clip."""
        with _nobody_may_read():
            self.bar.set_postfix_str(f"{stage} {done}/{total}", refresh=done == total)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Lines can be written meanwhile."""
        with _nobody_may_read():
            self.bar.clear()
        yield
        with _nobody_may_read():
            self.bar.refresh()

    def next(self) -> None:
        with _nobody_may_read():
            self.bar.update()

    def __exit__(self, *_: object) -> None:
        with _nobody_may_read():
            self.bar.close()


@contextmanager
def _nobody_may_read() -> Iterator[None]:
    """Where the terminal is gone, the work goes on."""
    try:
        yield
    except OSError:
        silence(sys.stderr)
