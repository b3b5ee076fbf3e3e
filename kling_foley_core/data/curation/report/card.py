"""One piece on the page: a player, the picture of its sound and film, its caption and what was measured."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from ....errors import InputError
from ....files.whole_file import whole_file
from ....media import FrameView, probe, read_views
from ....media.audio_windows import sound_windows
from ....preview.picture import picture
from ...manifest import Rejected
from ..measures import Measures
from ..windows import Piece

VIEW = FrameView(fps=4, size=144, fit="stretch")
PICTURE, POSTER = 720, 320  # pixels wide
QUALITY = 80  # of JPEG


def card(folder: Path, number: int, piece: Piece, measures: Measures, rejected: Rejected | None) -> str:
    """An <article>; its pictures are written to `folder`/pictures. A file that can't be read any more is
    said on it."""
    try:
        poster = _write_pictures(folder / "pictures", number, piece)
        drawn = f"pictures/{number}.jpg"
        media = (
            f'{_player(folder, piece, poster)}<a href="{drawn}"><img src="{drawn}" alt="" loading="lazy"></a>'
        )
    except InputError as error:
        media = f'<p class="why">{escape(str(error))}</p>'
    caption = escape(piece.clip.caption) or "<i>no caption</i>"
    return (
        f"<article>{media}<p>{caption}</p>{why(rejected)}"
        f'<p class="facts"><b>{escape(piece.id)}</b> {escape(_facts(piece, measures))}</p></article>'
    )


def why(rejected: Rejected | None) -> str:
    if rejected is None:
        return ""
    return f'<p class="why"><span class="reason">{escape(rejected.reason)}</span> {escape(rejected.why)}</p>'


def _facts(piece: Piece, measures: Measures) -> str:
    sound, film = measures.sound, measures.film
    channels = "mono" if sound.channels == 1 else "stereo" if sound.is_stereo else "mono on two channels"
    facts = [piece.clip.split, piece.clip.kind, f"{sound.rate / 1000:g} kHz {channels}"]
    if film:
        facts.append(f"{film.width}×{film.height} at {film.fps:.3g} fps")
    if sound.snr_db is not None:
        facts.append(f"SNR {sound.snr_db:.0f} dB")
    if sound.bandwidth is not None:
        facts.append(f"{sound.bandwidth / 1000:.1f} kHz wide")
    facts.append(f"{sound.silence_ratio:.0%} silent")
    if measures.clap is not None:
        facts.append(f"CLAP {measures.clap:.2f}")
    return " · ".join(fact for fact in facts if fact)


def _player(folder: Path, piece: Piece, poster: str | None) -> str:
    """The file itself, where it lies, from the piece's start to its end; loaded when it is played."""
    clip, part = piece.clip, f"#t={piece.start:g},{piece.start + piece.seconds:g}"
    players = ""
    if clip.video:
        muted = " muted" if clip.audio else ""
        source = f"{_link(folder, clip.video)}{part}"
        players = f'<video controls preload="none"{muted} poster="pictures/{poster}" src="{source}"></video>'
    if clip.audio or not clip.video:
        players += f'<audio controls preload="none" src="{_link(folder, clip.sound)}{part}"></audio>'
    return players


def _link(folder: Path, file: Path) -> str:
    """Relative where it can be (another drive has no relative path), so that both can move together."""
    try:
        return escape(quote(Path(os.path.relpath(file, folder)).as_posix()))
    except ValueError:
        return escape(file.absolute().as_uri())


def _write_pictures(folder: Path, number: int, piece: Piece) -> str | None:
    """NUMBER.jpg, and of a film POSTER; returns the poster's name."""
    clip, span = piece.clip, (piece.start, piece.seconds)
    (sound,) = sound_windows(clip.sound, [span])
    frames, aspect = None, None
    if clip.video:
        info = probe(clip.video)
        aspect = info.width / info.height
        frames = read_views(clip.video, {"page": VIEW}, start=span[0], seconds=span[1])["page"]
    stereo = sound.wave[:2]
    drawn = picture(
        stereo, sound.rate, frames, film_seconds=piece.seconds if clip.video else None, aspect=aspect
    )
    _save(drawn, PICTURE, drawn.height * PICTURE // drawn.width, folder / f"{number}.jpg")
    if frames is None:
        return None
    still = Image.fromarray(frames[len(frames) // 2].permute(1, 2, 0).numpy())
    _save(still, POSTER, max(1, round(POSTER / aspect)), folder / f"{number}_poster.jpg")
    return f"{number}_poster.jpg"


def _save(image: Image.Image, width: int, height: int, path: Path) -> None:
    with whole_file(path) as draft:
        image.resize((width, height), Image.Resampling.LANCZOS).save(draft, "JPEG", quality=QUALITY)
