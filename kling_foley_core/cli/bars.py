"""Progress as one bar per stage on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable

from .say import silence


class Bars:
    """Progress as one bar per stage on standard error, for as long as anybody reads it."""

    def __init__(self) -> None:
        self.stage, self.bar = "", None

    def __enter__(self) -> Callable[[str, int, int], None]:
        return self.show

    def show(self, stage: str, done: int, total: int) -> None:
        from tqdm import tqdm

        try:
            if stage != self.stage:
                self.close()
                self.stage, self.bar = stage, tqdm(total=total, desc=f"{stage:16s}", unit="", leave=True)
            self.bar.total = total
            self.bar.update(done - self.bar.n)
        except OSError:
            silence(sys.stderr)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()

    def __exit__(self, *_: object) -> None:
        try:
            self.close()
        except OSError:
            silence(sys.stderr)
