"""Small films with sound, and windows of them, for the tests of extraction."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch

from kling_foley_core.data.curation import Piece, Window
from kling_foley_core.data.manifest import Clip
from kling_foley_core.media.encode_audio import FLAC, add_audio_stream, encoded_wave

RATE = 44100


def write_film(path: Path, wave: np.ndarray, frames: int, fps: int = 25) -> Path:
    """Lossless; frame k is of grey level 10 + k."""
    with av.open(str(path), "w", format="matroska") as out:
        film = out.add_stream("ffv1", rate=fps)
        film.width = film.height = 64
        film.pix_fmt = "gray"
        sound = add_audio_stream(out, FLAC, RATE, len(wave))
        for k in range(frames):
            picture = av.VideoFrame.from_ndarray(np.full((64, 64), 10 + k, np.uint8), format="gray")
            picture.pts, picture.time_base = k, Fraction(1, fps)
            out.mux(film.encode(picture))
        out.mux(film.encode(None))
        for packet in encoded_wave(sound, FLAC, torch.from_numpy(wave), RATE):
            out.mux(packet)
    return path


def sine(seconds: float, hertz: float, channels: int = 2, level: float = 0.01) -> np.ndarray:
    wave = level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    return np.repeat(wave[None], channels, 0).astype(np.float32)


def clip(path: Path, caption: str = "a tone", audio: bool = False) -> Clip:
    video, sound = (None, path) if audio else (path, None)
    return Clip(path.stem, video, sound, caption, 0.0, None, "train", "CC0", "effects", (), "row 1")


def window(*pieces: tuple[Clip, float, float], caption: str = "a tone") -> Window:
    seconds = sum(p[2] for p in pieces)
    return Window(
        id="+".join(f"{c.id} {start:g}" for c, start, _ in pieces),
        pieces=tuple(Piece(*p) for p in pieces),
        caption=caption,
        seconds=seconds,
        seconds_start=pieces[0][1],
        seconds_total=9.0,
        split="train",
        labels=(),
        licence="CC0",
        kind="effects",
    )
