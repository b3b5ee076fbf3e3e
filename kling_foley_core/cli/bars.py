"""Progress as one bar per stage on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from .say import silence

if TYPE_CHECKING:
    from tqdm import tqdm


class Bars:
    """Progress as one bar per stage on standard error, for as long as anybody reads it. Stages may take
    turns: a film is read and looked at piece by piece."""

    def __init__(self) -> None:
        self.bars: dict[str, tqdm] = {}  # of stages that go on

    def __enter__(self) -> Callable[[str, int, int], None]:
        return self.show

    def show(self, stage: str, done: int, total: int) -> None:
        from tqdm import tqdm

        try:
            bar = self.bars.get(stage)
            if bar is None:
                bar = self.bars[stage] = tqdm(total=total, desc=f"{stage:16s}", unit="", leave=True)
            bar.total = total
            bar.update(done - bar.n)
            if done >= total:
                self.bars.pop(stage).close()
        except OSError:
            silence(sys.stderr)

    def above(self, write: Callable[[str], None]) -> Callable[[str], None]:
        """`write` on lines of their own; the bars come back below them when they next move."""

        def wiped(text: str) -> None:
            try:
                for bar in self.bars.values():
                    bar.clear()
            except OSError:
                silence(sys.stderr)
            write(text)

        return wiped

    def close(self) -> None:
        for bar in self.bars.values():
            bar.close()

    def __exit__(self, *_: object) -> None:
        try:
            self.close()
        except OSError:
            silence(sys.stderr)
