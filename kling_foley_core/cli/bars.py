"""Progress as one bar per stage on standard error."""

from __future__ import annotations

from collections.abc import Callable


class Bars:
    """Progress as one bar per stage on standard error."""

    def __init__(self) -> None:
        self.stage, self.bar = "", None

    def __enter__(self) -> Callable[[str, int, int], None]:
        return self.show

    def show(self, stage: str, done: int, total: int) -> None:
        from tqdm import tqdm

        if stage != self.stage:
            self.close()
            self.stage, self.bar = stage, tqdm(total=total, desc=f"{stage:16s}", unit="", leave=True)
        self.bar.total = total
        self.bar.update(done - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()

    def __exit__(self, *_: object) -> None:
        self.close()
