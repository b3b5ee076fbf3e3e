"""Pictures of a few bytes whose headers say a huge size."""

from __future__ import annotations

import random
import struct
import zlib

SIZES = ((60000, 60000), (16384, 1), (1, 16384), (2**31 - 1, 1), (30000, 20000), (65535, 65535))


def huge_picture(chance: random.Random) -> tuple[str, bytes, str]:
    """(file name, content, what it is)."""
    wide, high = chance.choice(SIZES)
    kind = chance.choice(("png", "apng", "gif", "bmp", "webp", "pgm", "y4m", "tga", "jpg"))
    if kind.endswith("png"):
        data = _png(wide, high, moving=kind == "apng")
    elif kind in ("gif", "jpg", "tga"):
        data = _of_16_bits(kind, wide & 0xFFFF, high & 0xFFFF)
    else:
        data = _of_32_bits(kind, wide, high)
    return f"x.{kind.removeprefix('a')}", data, f"{kind} of {wide} x {high}"


def _png(wide: int, high: int, *, moving: bool) -> bytes:
    parts = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0))]
    if moving:
        frame = struct.pack(">IIIIIHHBB", 0, wide, high, 0, 0, 1, 10, 0, 0)
        parts += [_chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)), _chunk(b"fcTL", frame)]
    return b"".join([*parts, _chunk(b"IDAT", zlib.compress(bytes(1 << 20)))])


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _of_16_bits(kind: str, wide: int, high: int) -> bytes:
    if kind == "gif":
        screen = b"GIF89a" + struct.pack("<HHBBB", wide, high, 0xF0, 0, 0) + bytes(6)
        return screen + b"," + struct.pack("<HHHHB", 0, 0, wide, high, 0) + b"\x02\x02D\x01\0;"
    if kind == "jpg":
        size = bytes.fromhex("ffd8ffc0001108") + struct.pack(">HH", high, wide)
        return size + bytes.fromhex("03011100021101031101ffd9")
    return bytes([0, 0, 10]) + bytes(9) + struct.pack("<HHBB", wide, high, 24, 0) + bytes(100)


def _of_32_bits(kind: str, wide: int, high: int) -> bytes:
    if kind == "bmp":
        numbers = (54, 0, 0, 54, 40, wide, high, 1, 24, 0, 0, 0, 0, 0, 0)
        return b"BM" + struct.pack("<IHHIIiiHHIIiiII", *numbers) + bytes(99)
    if kind == "webp":
        size = struct.pack("<I", wide)[:3] + struct.pack("<I", high)[:3]
        return b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<II", 10, 2) + size + bytes(20)
    if kind == "pgm":
        return b"P5 %d %d 255\n" % (wide, high) + bytes(100)
    return b"YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C420\nFRAME\n" % (wide, high) + bytes(1000)
