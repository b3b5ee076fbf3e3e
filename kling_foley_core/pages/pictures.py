"""The pictures of one clip on a page: its sound and film over time, and a still of the film."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from torch import Tensor

from ..media import FrameView, probe, read_views
from ..preview.motion import movement
from ..preview.picture import picture

VIEW = FrameView(fps=4, size=144, fit="stretch")
PICTURE, POSTER = 720, 320  # pixels wide
QUALITY = 80  # of JPEG


def clip_pictures(
    sound: Tensor, rate: int, film: Path | None, start: float, seconds: float, *, moving: bool
) -> tuple[Image.Image, Image.Image | None]:
    """(the sound [C, N] under its film, a still) of a window of the film; None where there is no film.
    `moving`: with what moves in it."""
    stereo = sound[:2]
    if film is None:
        return _narrowed(picture(stereo, rate)), None
    info = probe(film)
    frames = read_views(film, {"page": VIEW}, start=start, seconds=seconds)["page"]
    aspect = info.width / info.height
    motion = movement(frames, VIEW.fps).curve if moving else None
    drawn = picture(stereo, rate, frames, film_seconds=seconds, aspect=aspect, motion=motion)
    still = Image.fromarray(frames[len(frames) // 2].permute(1, 2, 0).numpy())
    size = (POSTER, max(1, round(POSTER / aspect)))
    return _narrowed(drawn), still.resize(size, Image.Resampling.LANCZOS)


def jpeg(image: Image.Image, path: Path) -> None:
    image.save(path, "JPEG", quality=QUALITY)


def _narrowed(image: Image.Image) -> Image.Image:
    return image.resize((PICTURE, image.height * PICTURE // image.width), Image.Resampling.LANCZOS)
