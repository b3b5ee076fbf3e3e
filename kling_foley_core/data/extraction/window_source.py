"""Windows of films and sounds as raw samples: each film is decoded once for all encoders."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...media.audio import load_audio
from ...media.reader import read_views
from ...media.views import FrameView
from ...media.window import exact
from ...timing import audio_samples
from ..curation import Piece, Window
from ..shards import Sample
from .raw import FRAMES, RawFormat, sixteen_bits
from .stages import Stages

STEREO = 2


class WindowSource:
    """The windows of a curation, in its order."""

    def __init__(self, windows: Sequence[Window], form: RawFormat, name: str) -> None:
        self.windows, self.form, self.name = windows, form, name
        self.captioned = any(w.caption.strip() for w in windows)
        films = any(_has_film(w) for w in windows)
        self.arrays = ("sound", *(FRAMES.values() if films else ()))

    def __len__(self) -> int:
        return len(self.windows)

    def identity(self, index: int) -> str:
        return self.windows[index].id

    def words(self, index: int) -> Any:
        """Without paths: the same clips elsewhere are the same list."""
        w = self.windows[index]
        pieces = [[p.clip.id, p.start, p.seconds] for p in w.pieces]
        return [w.id, pieces, w.caption, w.seconds_start, w.seconds_total, w.split, _labels(w), w.kind]

    def sample(self, index: int, arrays: Collection[str], stages: Stages) -> Sample:
        window = self.windows[index]
        with stages.timed("decode"):
            found = {}
            if "sound" in arrays:
                found["sound"] = sixteen_bits(_sound(window, self.form.sampling_rate))
            views = {view: getattr(self.form, view) for view, array in FRAMES.items() if array in arrays}
            if views and _has_film(window):
                found |= {FRAMES[view]: frames for view, frames in _frames(window, views).items()}
        facts = {"class": window.kind, "licence": window.licence}
        return Sample(
            id=window.id,
            caption=window.caption,
            seconds=window.seconds,
            seconds_start=window.seconds_start,
            seconds_total=window.seconds_total,
            split=window.split,
            labels=_labels(window),
            facts={name: value for name, value in facts.items() if value},
            arrays=found,
        )


def _has_film(window: Window) -> bool:
    return all(piece.clip.video is not None for piece in window.pieces)


def _labels(window: Window) -> tuple[tuple[str, float, float], ...]:
    return tuple((label.name, label.start, label.end) for label in window.labels)


def _sound(window: Window, rate: int) -> Tensor:
    """[C, N]: the pieces one after the other; mono beside stereo is doubled."""
    waves, end, done = [], Fraction(0), 0
    for piece in window.pieces:
        end += exact(piece.seconds)
        samples = audio_samples(min(end, exact(window.seconds)), rate) - done
        waves.append(_read_sound(piece, Fraction(samples, rate), rate))
        done += samples
    channels = max(len(wave) for wave in waves)
    return torch.cat([wave.expand(channels, -1) for wave in waves], dim=1)


def _read_sound(piece: Piece, seconds: Fraction, rate: int) -> Tensor:
    window = {"sampling_rate": rate, "start": piece.start, "seconds": seconds}
    wave, _ = load_audio(piece.clip.sound, **window)
    if len(wave) > STEREO:
        wave, _ = load_audio(piece.clip.sound, **window, channels=STEREO)
    return wave


def _frames(window: Window, views: dict[str, FrameView]) -> dict[str, np.ndarray]:
    if len(window.pieces) == 1:
        (piece,) = window.pieces
        read = read_views(piece.clip.video, views, start=piece.start, seconds=exact(window.seconds))
        return {name: frames.numpy() for name, frames in read.items()}
    parts: dict[str, list[Tensor]] = {name: [] for name in views}
    begin = Fraction(0)
    for piece in window.pieces:
        for name, frames in _piece_frames(piece, begin, views).items():
            parts[name].append(frames)
        begin += exact(piece.seconds)
    return {
        name: held(torch.cat(frames), views[name].slots(window.seconds)).numpy()
        for name, frames in parts.items()
    }


def _piece_frames(piece: Piece, begin: Fraction, views: dict[str, FrameView]) -> dict[str, Tensor]:
    """The frames of one of several pieces, which begins `begin` seconds into the window: those at the
    window's own instants k / fps. Views whose first instants agree are read at once."""
    end, groups = begin + exact(piece.seconds), {}
    for name, view in views.items():
        first, stop = math.ceil(begin * view.fps), math.ceil(end * view.fps)
        if stop > first:
            groups.setdefault(Fraction(first, view.fps) - begin, {})[name] = stop - first
    found = {}
    for offset, counts in groups.items():
        wanted = {name: replace(views[name], min_frames=count) for name, count in counts.items()}
        start, seconds = exact(piece.start) + offset, exact(piece.seconds) - offset
        found |= read_views(piece.clip.video, wanted, start=start, seconds=seconds)
    return found


def held(frames: Tensor, count: int) -> Tensor:
    """`count` frames: the last one is held where there are fewer."""
    last = frames[-1:].expand(max(count - len(frames), 0), *frames.shape[1:])
    return torch.cat([frames[:count], last])
