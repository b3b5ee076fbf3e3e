"""Reads, sounds and writes odd media files through the library's doors, and says what went wrong."""

from __future__ import annotations

import io
import logging
import os
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import av.filter  # noqa: F401  the library imports it late; here once for all children
import torch

from kling_foley_core import media
from kling_foley_core.media import FrameView

from .child import Call, Outcome, apart, run
from .films import make_films
from .media import Case, Place, case
from .trap import Watch

_log = logging.getLogger(media.__name__)

VIEW = FrameView(8, 16, "stretch")
WINDOW = Fraction(1)  # seconds at most, of what is read and written
SAME = 0.1  # seconds: a change of length that goes unnoticed


class MediaTrial:
    """Cases by their number and a seed."""

    def __init__(self, scratch: Path) -> None:
        self.films, self.canary, self.cases, self.out = (
            scratch / n for n in ("films", "canary", "cases", "out")
        )
        for folder in (self.films, self.canary, self.out):
            folder.mkdir()
        apart(lambda: make_films(self.films))
        for name in ("mpeg2.ts", "h264.mp4", "pcm.wav"):
            shutil.copy(self.films / name, (self.canary / "canary").with_suffix(Path(name).suffix))
        films = sorted(self.films.iterdir())
        self.truth = dict(
            zip(
                (f.name for f in films),
                run([partial(_calls, f, self.out / "o.mkv") for f in films]),
                strict=True,
            )
        )

    def run(self, seed: int, numbers: Sequence[int]) -> list[tuple[str, list[Outcome]]]:
        """What each case is, and what came of it."""
        shutil.rmtree(self.cases, ignore_errors=True)
        made = [self._case(seed, number) for number in numbers]
        outcomes = run([calls for _, _, calls in made])
        return [
            (name, came + self._silent(case, came))
            for (name, case, _), came in zip(made, outcomes, strict=True)
        ]

    def _case(self, seed: int, number: int) -> tuple[str, Case, Callable[[], Iterator[Call]]]:
        chance = random.Random(f"media {seed} {number}")
        folder = self.cases / str(number)
        folder.mkdir(parents=True)
        made = case(Place(folder, self.films, self.canary, chance))
        as_object = chance.random() < 0.4 and os.path.isfile(made.path) and not os.path.islink(made.path)
        source = io.BytesIO(made.path.read_bytes()) if as_object else made.path
        out = self.out / f"o{chance.choice(('.mkv', '.mp4', '.webm', '.mov'))}"
        name = f"{made.harmed}; {made.path.name[:80]!r}{' as an object' if as_object else ''} to {out.suffix}"
        allowed = set() if as_object else {os.fsencode(made.path.name)}
        return name, made, partial(_watched_calls, source, out, (self.canary, folder), allowed)

    def _silent(self, made: Case, outcomes: list[Outcome]) -> list[Outcome]:
        """Lengths that are no longer the right film's, which its bytes tell, without a word."""
        if not made.knowable or any(o.told for o in outcomes):
            return []
        silent = []
        for right, now in zip(self.truth[made.like], outcomes, strict=False):
            if right.how == now.how == "right" and now.call in ("probe", "load_audio"):
                before, after = (float(o.text.split()[0]) for o in (right, now))
                if before and abs(before - after) > SAME:  # a still picture has no length
                    silent.append(replace(now, how="silent", text=f"{before} s became {now.text}"))
        return silent


def _watched_calls(
    source: Path | io.BytesIO, out: Path, folders: tuple[Path, ...], allowed: set[bytes]
) -> Iterator[Call]:
    watch = Watch(*folders)
    yield from _calls(source, out)
    yield "files opened", lambda: _only(watch.seen(), allowed)
    watch.close()


def _only(opened: set[bytes], allowed: set[bytes]) -> str:
    if opened - allowed:
        raise AssertionError(f"opened besides: {opened - allowed}")
    return "no other"


def _calls(source: Path | io.BytesIO, out: Path) -> Iterator[Call]:
    window = WINDOW

    def probe() -> str:
        nonlocal window
        info = media.probe(source)
        window = min(info.duration or WINDOW, WINDOW)
        for note in info.notes:
            _log.warning(note)
        return f"{float(info.duration or 0):.4f} s, {info.width} x {info.height}, {info.codec}"

    def sound() -> str:
        wave, rate = media.load_audio(source)
        loud = [f"{part.square().mean().sqrt():.3f}" for part in wave.split(max(rate // 4, 1), dim=1)[:16]]
        return f"{wave.shape[1] / rate:.4f} s, rms of quarter seconds {' '.join(loud)}"

    def write() -> str:
        wave = torch.zeros(1, max(round(window * 44100), 1))
        media.check_target(source, out, seconds=window)
        media.mux(source, wave, 44100, out, seconds=window)
        return f"{out.stat().st_size} bytes"

    yield "probe", probe
    yield "load_audio", sound
    yield "read_views", lambda: tuple(media.read_views(source, {"view": VIEW}, seconds=window)["view"].shape)
    yield "mux", write
