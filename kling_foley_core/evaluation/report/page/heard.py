"""What can be heard and seen of a clip on a page: the film, small, and its strip, and of each sound an mp3
and its spectrogram, all within the page itself.

Sounds and film are cut at the seconds that were judged. Everything is drawn over one time axis, as long as
the longest of them, and at one rate, so that pictures compare. Our choice throughout: mp3 at 96 kb/s, which
every browser plays; at most BUDGET bytes of a page, some 40 clips of 8 s with a reference.
"""

from __future__ import annotations

import base64
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ....errors import InputError
from ....media import probe, read_views, resample
from ....media.audio_windows import sound_windows
from ....media.encode_audio import AudioCodec, add_audio_stream, checked_wave, encoded_wave
from ....pages.pictures import VIEW
from ....preview.film import Form, can_copy, copy_of_file
from ....preview.rows import film_strip, spectrogram
from ....progress import Progress, silent

STAGE = "draw the page"
BUDGET = 20 * 2**20  # bytes of a page's sounds and pictures
CODEC = AudioCodec("libmp3lame", "fltp", 96_000)
RATE = 44_100
STRIP_SIZE, SPECTROGRAM_SIZE = (640, 48), (640, 120)  # pixels
QUALITY = 72  # of JPEG
FILM = Form(256, 30)
WORKERS, PIECE = 4, 8  # clips that are drawn at once


@dataclass(frozen=True)
class Track:
    """A sound of the clip, which begins at `start` seconds of the file. `onsets`: seconds from there, marked
    below its spectrogram as heard; `true`: marked above."""

    name: str
    path: Path | None
    start: float = 0.0
    onsets: Sequence[float] = ()
    true: Sequence[float] = ()


@dataclass(frozen=True)
class ClipFiles:
    """`start`: seconds of the film at which the clip begins. `seconds`: the clip's own, None to the end."""

    id: str
    film: Path | None
    start: float
    seconds: float | None
    tracks: tuple[Track, ...]


def heard_clips(
    clips: Iterator[ClipFiles], total: int, seconds: float, budget: int = BUDGET, progress: Progress = silent
) -> dict[str, Any]:
    """Id -> what the page's script needs, of the first clips that fit into `budget`."""
    found: dict[str, Any] = {}
    with ThreadPoolExecutor(WORKERS) as pool:
        while piece := list(islice(clips, PIECE)):
            for clip, made in zip(piece, pool.map(lambda c: heard(c, seconds), piece), strict=True):
                budget -= _bytes(made)
                if budget < 0:
                    progress(STAGE, total, total)
                    return found
                found[clip.id] = made
            progress(STAGE, len(found), total)
    return found


def heard(clip: ClipFiles, seconds: float) -> dict[str, Any]:
    """{"seconds", "film", "strip", "why", "tracks": [{"name", "onsets", "true", "sound", "picture", "why"}]};
    "why" says what can't be shown, "" where all is."""
    waves, reasons = {}, {}
    seconds = min(seconds, clip.seconds or seconds)
    for track in clip.tracks:
        try:
            waves[track.name] = _wave(track, seconds)
            reasons[track.name] = ""
        except InputError as error:
            reasons[track.name] = str(error)
    length = max((wave.shape[1] / RATE for wave in waves.values()), default=0.0)
    film, strip, lasts, why = _film(clip, seconds, length)
    length = max(length, lasts)
    shown = [_track(track, waves.get(track.name), length, reasons[track.name]) for track in clip.tracks]
    return {"seconds": round(length, 3), "film": film, "strip": strip, "why": why, "tracks": shown}


def _wave(track: Track, seconds: float) -> Tensor:
    """[1 or 2, N] at RATE."""
    if track.path is None:
        raise InputError("there is none.")
    (window,) = sound_windows(track.path, [(track.start, seconds)])
    wave = window.wave if window.wave.shape[0] <= 2 else window.wave.mean(0, keepdim=True)
    return checked_wave(resample(wave, window.rate, RATE), RATE)


def _film(clip: ClipFiles, seconds: float, length: float) -> tuple[str, str, float, str]:
    """(the film, its strip over `length` or its own seconds where they are more, those seconds, why there is
    none)."""
    if clip.film is None:
        return "", "", 0.0, ""
    try:
        info = probe(clip.film)
        lasts = min(seconds, float(info.duration) - clip.start) if info.duration else seconds
        small = _small(clip.film, clip.start, lasts)
        source, start = (io.BytesIO(small), 0.0) if small else (clip.film, clip.start)
        frames = read_views(source, {"page": VIEW}, start=start, seconds=lasts)["page"]
    except InputError as error:
        return "", "", 0.0, str(error)
    strip = film_strip(frames, info.width / info.height, max(length, lasts) / lasts)
    return base64.b64encode(small).decode("ascii"), _jpeg(strip, STRIP_SIZE), lasts, ""


def _small(film: Path, start: float, seconds: float) -> bytes:
    """Nothing where this build of FFmpeg has no encoder."""
    if not can_copy():
        return b""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film.mp4")
        copy_of_file(film, path, Fraction(start), Fraction(seconds), form=FILM)
        return path.read_bytes()


def _track(track: Track, wave: Tensor | None, length: float, why: str) -> dict[str, Any]:
    sound = picture = ""
    if wave is not None:
        silence = torch.zeros(max(0, round(length * RATE) - wave.shape[1]))
        picture = _jpeg(spectrogram(torch.cat([wave.mean(0), silence]), RATE), SPECTROGRAM_SIZE)
        sound = base64.b64encode(_mp3(wave)).decode("ascii")
    marks = {"onsets": list(track.onsets), "true": list(track.true)}
    return {"name": track.name, "sound": sound, "picture": picture, "why": why, **marks}


def _jpeg(row: Image.Image, size: tuple[int, int]) -> str:
    file = io.BytesIO()
    row.resize(size, Image.Resampling.LANCZOS).save(file, "JPEG", quality=QUALITY)
    return base64.b64encode(file.getvalue()).decode("ascii")


def _mp3(wave: Tensor) -> bytes:
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as container:
        stream = add_audio_stream(container, CODEC, RATE, wave.shape[0])
        for packet in encoded_wave(stream, CODEC, wave, RATE):
            container.mux(packet)
    return file.getvalue()


def _bytes(made: Mapping[str, Any]) -> int:
    return (
        len(made["film"])
        + len(made["strip"])
        + sum(len(track["sound"]) + len(track["picture"]) for track in made["tracks"])
    )
