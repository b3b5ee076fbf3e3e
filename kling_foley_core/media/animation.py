"""Animated WebP as a film: FFmpeg reads only the still kind, so Pillow decodes the pictures and FFV1 in
Matroska holds them again, without loss, with their own times and their alpha.

The film lies in a temporary file, kept for the next opening of the same animation. Our choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from io import BytesIO
from mmap import ACCESS_READ, mmap
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO

from ..errors import InputError
from ..limits import MAX_ANIMATION_BYTES, MAX_ANIMATION_PIXELS, MAX_FRAME_PIXELS
from .framing.walk import Walk

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from PIL.Image import Image

_TAG = "FILM_OF"
_WEBP = "webp"
_UNSAID = 100  # ms: how long browsers show a frame that says 0


def film_of_animation(file: BinaryIO, name: str) -> mmap | None:
    """The film that an animated WebP is; None for everything else. `file` is at its beginning afterwards."""
    head = file.read(21)
    file.seek(0)
    animated = head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and len(head) == 21 and head[20] & 2
    if not animated:
        return None
    size = max(int.from_bytes(head[4:8], "little") + 8, Walk(file).size)
    if size > MAX_ANIMATION_BYTES:
        raise InputError(
            f"{name} is an animated WebP of {size:,} bytes: at most {MAX_ANIMATION_BYTES:,} are read; "
            "convert it to mp4."
        )
    file.seek(0)
    content = file.read()
    file.seek(0)
    return mmap(_film(content, name).fileno(), 0, access=ACCESS_READ)


def animation_kind(container: InputContainer) -> str | None:
    """What kind of animation the film was made of."""
    return container.metadata.get(_TAG)


@lru_cache(maxsize=1)
def _film(content: bytes, name: str) -> BinaryIO:
    import av
    from PIL import Image

    try:
        with Image.open(BytesIO(content), formats=["WEBP"]) as image:
            _check_size(image, name)
            film = TemporaryFile()  # noqa: SIM115
            with av.open(film, "w", format="matroska") as out:
                out.metadata[_TAG] = _WEBP
                _encode(out, image)
            film.flush()
            return film
    except (OSError, EOFError, SyntaxError, Image.DecompressionBombError) as e:
        raise InputError(
            f"{name} is an animated WebP that can't be read ({e}): it is cut short or damaged."
        ) from e


def _check_size(image: Image, name: str) -> None:
    pixels = image.width * image.height
    if pixels > MAX_FRAME_PIXELS or pixels * image.n_frames > MAX_ANIMATION_PIXELS:
        raise InputError(
            f"{name} is an animated WebP of {image.n_frames} frames of {image.width}x{image.height}: at most "
            f"{MAX_ANIMATION_PIXELS:,} pixels in all are read; convert it to mp4."
        )


def _encode(out, image: Image) -> None:
    pixel_format = "bgra" if image.mode == "RGBA" else "bgr0"
    stream, lengths = None, {}
    for frame, milliseconds in _frames(image, pixel_format):
        if stream is None:
            stream = out.add_stream("ffv1", rate=Fraction(1000, milliseconds))
            stream.width, stream.height, stream.pix_fmt = *image.size, pixel_format
            stream.codec_context.time_base = Fraction(1, 1000)
        lengths[frame.pts] = milliseconds
        _mux(out, stream.encode(frame), lengths)
    _mux(out, stream.encode(None), lengths)


def _frames(image: Image, pixel_format: str) -> Iterator[tuple[VideoFrame, int]]:
    import av

    at = 0
    for i in range(image.n_frames):
        image.seek(i)
        image.load()  # only now is the length known
        frame = av.VideoFrame.from_image(image).reformat(format=pixel_format)
        frame.pts, frame.time_base = at, Fraction(1, 1000)
        milliseconds = image.info.get("duration") or _UNSAID
        yield frame, milliseconds
        at += milliseconds


def _mux(out, packets, lengths: dict[int, int]) -> None:
    for packet in packets:
        packet.duration = lengths.pop(packet.pts)
        out.mux(packet)
