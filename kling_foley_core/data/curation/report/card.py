"""One piece on the page: a player, the picture of its sound and film, its caption and what was measured."""

from __future__ import annotations

from html import escape
from pathlib import Path

from PIL import Image

from ....errors import InputError
from ....files.whole_file import whole_file
from ....media.audio_windows import sound_windows
from ....pages import clip_pictures, jpeg, player
from ...manifest import Rejected
from ..measures import Measures
from ..windows import Piece


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
    """The file itself, where it lies, from the piece's start to its end."""
    clip, part = piece.clip, (piece.start, piece.start + piece.seconds)
    players = ""
    if clip.video:
        players = player(folder, clip.video, f"pictures/{poster}", part, muted=clip.audio is not None)
    if clip.audio or not clip.video:
        players += player(folder, clip.sound, part=part)
    return players


def _write_pictures(folder: Path, number: int, piece: Piece) -> str | None:
    """NUMBER.jpg, and of a film POSTER; returns the poster's name."""
    clip, span = piece.clip, (piece.start, piece.seconds)
    (sound,) = sound_windows(clip.sound, [span])
    drawn, still = clip_pictures(sound.wave, sound.rate, clip.video, *span, moving=False)
    _save(drawn, folder / f"{number}.jpg")
    if still is None:
        return None
    _save(still, folder / f"{number}_poster.jpg")
    return f"{number}_poster.jpg"


def _save(image: Image.Image, path: Path) -> None:
    with whole_file(path) as draft:
        jpeg(image, draft)
