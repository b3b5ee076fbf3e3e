"""Opens a media file, given as a path or a seekable binary file object, and nothing but that file.

Only the containers of formats.py are opened, always as a stream of bytes without a name: FFmpeg then knows
no folder and no address, and it is given no protocol to open anything else with. Playlists, patterns of names
and scripts are therefore no media files. Every failure to open is an InputError that names the source.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..errors import InputError
from ..limits import MAX_FRAME_PIXELS
from .animation import film_of_animation
from .formats import FORMATS
from .framing import check_claims

if TYPE_CHECKING:
    from mmap import mmap

    from av.container import InputContainer

Source = str | os.PathLike | BinaryIO

_OPTIONS = {
    "format_whitelist": ",".join(FORMATS),
    "protocol_whitelist": "none",  # no such protocol: whatever a file names is not opened
}
# of the pictures that are decoded to learn what a stream is
_STREAM_OPTIONS = {"max_pixels": str(MAX_FRAME_PIXELS)}
_WITH_STREAM_OPTIONS = (17, 1)  # PyAV before it crashes with them where streams begin on the way (FLV)


def source_name(source: Source) -> str:
    """How messages call the source."""
    if isinstance(source, (str, os.PathLike)):
        return f"'{os.fspath(source)}'"
    return f"the {type(source).__name__} given as media file"


@contextmanager
def open_media(source: Source) -> Iterator[InputContainer]:
    """The opened container; file objects are read from their beginning and stay open."""
    name = source_name(source)
    with open_file(source) as file:
        with _checked(file, name) or nullcontext(file) as film, _container(film, name) as container:
            yield container


@contextmanager
def open_file(source: Source) -> Iterator[BinaryIO]:
    """The file's bytes, from their beginning; file objects stay open."""
    name = source_name(source)
    is_path = isinstance(source, (str, os.PathLike))
    with _opened(source, name) if is_path else nullcontext(_rewound(source, name)) as file:
        yield file


def _checked(file: BinaryIO, name: str) -> mmap | None:
    """`film_of_animation` of a file that claims no more than it holds."""
    try:
        check_claims(file, name)
        return film_of_animation(file, name)
    except OSError as e:
        raise InputError(f"{name} can't be read ({e.strerror or e}); copy the file again.") from e


@dataclass(frozen=True)
class _Bytes:
    """What FFmpeg is given: a file without its name, which would otherwise be a hint of what it holds."""

    read: Callable[[int], bytes]
    seek: Callable[[int, int], int]
    tell: Callable[[], int]


def _container(file: BinaryIO, name: str) -> InputContainer:
    import av

    safe = tuple(map(int, av.__version__.split(".")[:2])) >= _WITH_STREAM_OPTIONS
    try:
        return av.open(
            _Bytes(file.read, file.seek, file.tell),
            mode="r",
            container_options=_OPTIONS,
            options=_STREAM_OPTIONS if safe else {},
            metadata_errors="ignore",  # tags in a legacy encoding must not keep a readable film from opening
        )
    except (av.error.FFmpegError, OSError) as e:
        raise InputError(
            f"{name} can't be opened as a media file ({e.strerror or e}): it is no film, picture or sound "
            "(playlists and lists of pictures are not followed), or is cut short or damaged; check that it "
            "plays, or convert it to mp4 again."
        ) from e


def _opened(source: str | os.PathLike, name: str) -> BinaryIO:
    """The file, open; a pipe would wait for its writer, a device may act: neither is opened."""
    try:
        mode, size = (found := Path(source).stat()).st_mode, found.st_size
        if stat.S_ISDIR(mode):
            raise InputError(f"{name} is a folder; give a media file in it.")
        if not stat.S_ISREG(mode):
            raise InputError(f"{name} is a pipe, socket or device; give a media file.")
        if size == 0:
            raise InputError(f"{name} is empty (0 bytes); it was not written or copied completely.")
        return open(source, "rb")
    except FileNotFoundError as e:
        raise InputError(f"{name} doesn't exist; check the path.") from e
    except InputError:
        raise
    except (OSError, ValueError) as e:  # ValueError: a zero byte in the name
        raise InputError(f"{name} can't be opened ({getattr(e, 'strerror', e)}); check the path.") from e


def _rewound(source: BinaryIO, name: str) -> BinaryIO:
    if not all(hasattr(source, method) for method in ("read", "seek", "tell")):
        raise InputError(
            f"{name} is neither a path nor a binary file object that can seek; give one of these."
        )
    try:
        size = source.seek(0, os.SEEK_END)
        source.seek(0)
    except (OSError, ValueError) as e:  # a pipe, or closed
        raise InputError(f"{name} can't seek ({e}); give a path or a file that can.") from e
    if size == 0:
        raise InputError(f"{name} is empty (0 bytes); fill it before handing it over.")
    return source
