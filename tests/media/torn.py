"""Files on a disk or a network that fails."""

from __future__ import annotations

import errno
import io
import os


class Torn(io.BytesIO):
    """Holds `data`, but nothing that reaches beyond byte `at` can be read."""

    def __init__(self, data: bytes, at: int) -> None:
        super().__init__(data)
        self.at = at

    def read(self, count: int = -1) -> bytes:
        if count < 0 or self.tell() + count > self.at:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().read(count)
