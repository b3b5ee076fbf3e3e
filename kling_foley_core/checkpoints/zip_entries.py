"""Where the parts of a zip archive lie in its file, as torch.save writes one: stored, never compressed.

Python's own reader believes the archive's numbers, builds an object for each of millions of entries, and
unpacks what a kilobyte has swollen to a gigabyte.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from mmap import mmap

from ..limits import MAX_TENSORS, MAX_ZIP_DIRECTORY

END, END_SIZE, COMMENT = b"PK\x05\x06", 22, 2**16
END64, LOCATOR, LOCATOR_SIZE = b"PK\x06\x06", b"PK\x06\x07", 20
ENTRY, LOCAL = b"PK\x01\x02", b"PK\x03\x04"
FULL16, FULL32 = 2**16 - 1, 2**32 - 1  # "see the 64 bit field"


class ZipDamageError(ValueError):
    """The archive does not hold what it says; `end_missing`: it was cut off, for instance."""

    def __init__(self, reason: str, *, end_missing: bool = False) -> None:
        super().__init__(reason)
        self.end_missing = end_missing


@dataclass(frozen=True)
class Entry:
    """`header`: where its local header lies; `size` in bytes."""

    header: int
    size: int
    stored: bool


def zip_entries(data: mmap) -> dict[str, Entry]:
    """The directory of an archive."""
    count, size, start = _end(data)
    if count > MAX_TENSORS or size > MAX_ZIP_DIRECTORY:
        raise ZipDamageError(f"it has {count:,} entries, and {MAX_TENSORS:,} are the most")
    if start + size > len(data):
        raise ZipDamageError("its directory lies outside the file")
    entries: dict[str, Entry] = {}
    at = start
    for _ in range(count):
        if data[at : at + 4] != ENTRY or at + 46 > start + size:
            raise ZipDamageError("its directory is damaged")
        head = struct.unpack("<10xH8xIIHHH8xI", data[at : at + 46])
        method, packed, full, n, extra, comment, header = head
        name = data[at + 46 : at + 46 + n].decode("utf-8", "replace")
        full, packed, header = _wide(data[at + 46 + n : at + 46 + n + extra], full, packed, header)
        entries[name] = Entry(header, full, stored=method == 0 and packed == full)
        at += 46 + n + extra + comment
    return entries


def place(data: mmap, entry: Entry) -> int:
    """Where an entry's bytes begin; ZipDamageError unless they all lie in the file as they are."""
    if not entry.stored:
        raise ZipDamageError("it is compressed, which torch.save never does")
    head = data[entry.header : entry.header + 30]
    if len(head) < 30 or head[:4] != LOCAL:
        raise ZipDamageError("an entry is not where the directory says")
    start = entry.header + 30 + sum(struct.unpack("<HH", head[26:30]))
    if start + entry.size > len(data):
        raise ZipDamageError("an entry ends behind the end of the file")
    return start


def _end(data: mmap) -> tuple[int, int, int]:
    """(entries, bytes of the directory, where it begins)."""
    at = data.rfind(END, max(0, len(data) - COMMENT - END_SIZE))
    if at < 0 or at + END_SIZE > len(data):
        raise ZipDamageError("the end of its zip container is missing", end_missing=True)
    count, size, start = struct.unpack("<10xHII", data[at : at + 20])
    locator = data[max(0, at - LOCATOR_SIZE) : at]
    if locator[:4] == LOCATOR and (count == FULL16 or FULL32 in (size, start)):
        (at,) = struct.unpack("<8xQ", locator[:16])
        end = data[at : at + 56]
        if len(end) < 56 or end[:4] != END64:
            raise ZipDamageError("its directory is damaged")
        count, size, start = struct.unpack("<32xQQQ", end)
    return count, size, start


def _wide(extra: bytes, *sizes: int) -> list[int]:
    """Sizes whose 32 bits are full stand in the extra field of kind 1, in their order."""
    wide = b""
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        if kind == 1:
            wide = extra[4 : 4 + length]
        extra = extra[4 + length :]
    values = iter(struct.unpack(f"<{len(wide) // 8}Q", wide[: len(wide) // 8 * 8]))
    return [next(values, FULL32) if size == FULL32 else size for size in sizes]
