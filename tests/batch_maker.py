"""Makers of batches that need no weights; in a file of their own, where other processes find them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mix_tones import sine

from kling_foley_core.batch import BatchClip, Make
from kling_foley_core.errors import InputError
from kling_foley_core.media import save_audio

RATE = 16000
PARENT = os.getppid()


@dataclass(frozen=True)
class Maker:
    """Writes a second of sine, and a line with its process into `log`; `wrong`: prompt -> what goes wrong."""

    log: Path
    wrong: dict[str, Callable[[], None]]

    def __call__(self, clip: BatchClip, output: Path) -> None:
        with self.log.open("a") as log:
            log.write(f"{clip.id} {os.getpid()}\n")
        self.wrong.get(clip.prompt, int)()
        save_audio(output, sine(-20, 1, RATE), RATE)


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def left_alone(_: int) -> None:
    """The one that gave the piece dies at it."""
    os.kill(os.getppid(), signal.SIGKILL)
    while os.getppid() == PARENT:
        time.sleep(0.01)


def alone(_: str) -> Callable[[int], None]:
    return left_alone


def failed() -> None:
    raise RuntimeError("CUDA error: <it> failed")


@dataclass(frozen=True)
class Start:
    """Loads nothing; refuses a device named "none"."""

    log: Path

    def __call__(self, device: str) -> Make:
        if device == "none":
            raise InputError("device none: there is none.")
        return Maker(self.log, {"kill": killed, "fail": failed})
