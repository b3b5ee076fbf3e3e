"""The file in a folder of outputs that belongs to an id, which may hold anything."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

_NO_NAME = re.compile(r'[\x00-\x1f<>:"\\|?*]')  # what one of the systems takes in no file's name
_LONGEST = 100  # characters of a name and of a folder's


def output_name(name: str, suffix: str, taken: set[str]) -> Path:
    """The file of an id: its folders are kept, none leads out of the folder of outputs, and no two are one
    on systems that don't tell capitals from small letters. `taken`: what others have; grows by this one."""
    plain = "/".join(filter(None, map(_plain, name.split("/"))))
    if plain != name or plain.casefold() in taken:
        plain = f"{plain or 'clip'}-{zlib.crc32(name.encode()):08x}"
    taken.add(plain.casefold())
    return Path(plain + suffix)


def _plain(part: str) -> str:
    """Without dots and spaces at its ends, before it is cut and where it is."""
    return _NO_NAME.sub("_", part).strip(". ")[:_LONGEST].strip(". ")
