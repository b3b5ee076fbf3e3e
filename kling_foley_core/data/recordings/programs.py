"""Runs a synthesis program that writes one sound file, and reads it."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...media import load_audio
from .recording import RATE

SECONDS = 60


def rendered(command: Callable[[Path, Path], list[str]], text: str | bytes) -> np.ndarray:
    """float32 [C, N] at 44.1 kHz. `command(input, output)`: the arguments; the input file holds `text`."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "in", Path(folder) / "out.wav"
        given.write_bytes(text if isinstance(text, bytes) else text.encode())
        arguments = command(given, out)
        try:
            done = subprocess.run(arguments, capture_output=True, timeout=SECONDS, cwd=folder, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"{arguments[0]} can't be run: {error}") from error
        if done.returncode or not out.is_file():
            raise InputError(
                f"{arguments[0]} failed ({done.stderr.decode(errors='replace')[-200:].strip()})."
            )
        return load_audio(out, sampling_rate=RATE)[0].numpy()
