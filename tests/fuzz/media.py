"""Odd and hostile media files, by a seed: damaged ones, false headers, playlists, patterns, things that
are no files.
"""

from __future__ import annotations

import os
import random
import shutil
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .file_lists import file_list, names
from .huge_pictures import huge_picture

EXTREMES = (0, 1, 2, 255, 65535, 2**24, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1, 10**9)


@dataclass(frozen=True)
class Case:
    """`path` is what is to be read; `like` the right film that it was, of which `harmed` says how.
    `knowable`: its bytes can tell that they are harmed.
    """

    path: Path
    harmed: str
    like: str | None = None
    knowable: bool = False


class Place:
    """Where a case is made: `folder` is its own, `films` has the right ones, `canary` is not to be opened."""

    def __init__(self, folder: Path, films: Path, canary: Path, random: random.Random) -> None:
        self.folder, self.films, self.canary, self.random = folder, films, canary, random

    def film(self) -> tuple[str, bytearray]:
        name = self.random.choice(sorted(p.name for p in self.films.iterdir()))
        return name, bytearray((self.films / name).read_bytes())

    def written(self, name: str, data: bytes | str, harmed: str, like: str | None = None) -> Case:
        path = self.folder / name
        path.write_bytes(data if isinstance(data, (bytes, bytearray)) else data.encode())
        return Case(path, harmed, like)


def flipped(place: Place) -> Case:
    name, data = place.film()
    r = place.random
    reach = r.choice((64, 512, 4096, len(data)))
    count = r.choice((1, 1, 4, 64))
    for _ in range(count):
        data[r.randrange(min(reach, len(data)))] ^= 1 << r.randrange(8)
    return place.written(name, data, f"{count} bits flipped in the first {reach} bytes", name)


def cut(place: Place) -> Case:
    name, data = place.film()
    length = place.random.randrange(len(data))
    return place.written(name, data[:length], f"cut at {length} of {len(data)}", name)


def holed(place: Place) -> Case:
    name, data = place.film()
    r = place.random
    begin = r.randrange(len(data))
    size = min(r.choice((16, 512, 4096, 20000)), len(data) - begin)
    filling = r.choice((bytes(size), b"\xff" * size, r.randbytes(size)))
    data[begin : begin + size] = filling
    return place.written(name, data, f"{size} bytes of {filling[:1]!r} at {begin} of {len(data)}", name)


def shortened(place: Place) -> Case:
    name, data = place.film()
    begin = place.random.randrange(len(data))
    size = place.random.choice((1, 100, 4000))
    del data[begin : begin + size]
    return place.written(name, data, f"{size} bytes taken out at {begin} of {len(data) + size}", name)


def doubled(place: Place) -> Case:
    name, data = place.film()
    begin, end = sorted(place.random.randrange(len(data)) for _ in range(2))
    data[begin:begin] = data[begin:end]
    return place.written(name, data, f"bytes {begin} to {end} twice", name)


def spliced(place: Place) -> Case:
    (one, head), (other, tail) = place.film(), place.film()
    at, then = place.random.randrange(len(head)), place.random.randrange(len(tail))
    name = place.random.choice((one, other))
    return place.written(name, head[:at] + tail[then:], f"{one} up to {at}, then {other} from {then}", one)


def renamed(place: Place) -> Case:
    name, data = place.film()
    other = place.film()[0]
    return place.written(f"x.{other.rpartition('.')[2]}", data, f"{name} under another suffix", None)


# Names of fields, and how far behind them numbers stand that can be made up.
MARKS = (
    b"mvhd mdhd tkhd stts stsz stsc stco elst stsd avc1 ctts mdat moov trak moof trun tfhd trex mfra avih "
    b"strh strf idx1 movi LIST RIFF fmt data VP8 VP8X ANIM ANMF IHDR acTL fcTL fdAT fLaC OggS OpusHead FLV "
    b"onMetaData duration GIF89a NETSCAPE ID3 Xing \x44\x89 \x2a\xd7\xb1 \x15\x49\xa9\x66 \x1f\x43\xb6\x75 "
    b"\x18\x53\x80\x67 \xb0 \xba"
).split(b" ")


def numbered(place: Place) -> Case:
    """Numbers of a header, or the size before it, replaced by extreme ones."""
    name, data = place.film()
    r = place.random
    places = [at for mark in MARKS for at in _all(data, mark) if at + len(mark) + 8 < len(data)]
    said = []
    for _ in range(r.choice((1, 1, 3))):
        at = r.choice(places or [0]) + r.choice((-4, 1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32, 36))
        number, order = r.choice(EXTREMES), r.choice("<>")
        if 0 <= at < len(data) - 4:
            struct.pack_into(f"{order}I", data, at, number)
            said.append(f"{number} at {at}")
    return place.written(name, data, ", ".join(said), name)


def _all(data: bytes, mark: bytes) -> list[int]:
    found, at = [], data.find(mark)
    while at >= 0 and len(found) < 8:
        found.append(at)
        at = data.find(mark, at + 1)
    return found


def enormous(place: Place) -> Case:
    """A picture whose header says a huge size, of a few bytes."""
    name, data, said = huge_picture(place.random)
    return place.written(name, data, said)


def playlist(place: Place) -> Case:
    """A text that names another file or an address to read from."""
    for near in ("near.ts", "near.mp4"):
        shutil.copy(place.canary / near.replace("near", "canary"), place.folder / near)
    name, text, said = file_list(place.random, place.canary)
    return place.written(name, text, said)


def pattern(place: Place) -> Case:
    """A name that FFmpeg takes for many files."""
    r = place.random
    still = (place.films / r.choice(("still.png", "still.jpg"))).read_bytes()
    for i in range(5):
        (place.folder / f"img{i:03d}.png").write_bytes(still)
    name = r.choice(
        ("img%03d.png", "img*.png", "img%d.png", "%*img.png", "img%%03d.png", "img%03d.jpg", "img[0-9]*.png")
    )
    if r.random() < 0.7:
        return place.written(name, r.choice((still, b"x" * 50)), "a pattern's name")
    return Case(place.folder / name, "a pattern's name, no such file")


def address(place: Place) -> Case:
    """No path at all, but what FFmpeg takes for a protocol or a device."""
    r = place.random
    others = "pipe:0 fd:0 testsrc=d=1 color=c=red /dev/video0 . .. / ~ - --help CON nul".split()
    long = ["", "\0", "a\0b", "x" * 300, "x/" * 3000]
    name = r.choice([*names(place.canary / "canary.ts"), *others, *long])
    return Case(Path(name), "no file's name")


def unreadable(place: Place) -> Case:
    """What is there, but no file to read from."""
    r = place.random
    path = place.folder / r.choice(("x.mp4", "x.wav", "x.png", "x.m3u8"))
    kind = r.choice("fifo link socket zero urandom full loop dangling folder kmsg".split())
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link":
        os.mkfifo(place.folder / "fifo")
        path.symlink_to(place.folder / "fifo")
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(str(path))
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to({"loop": path, "dangling": place.folder / "gone"}.get(kind, f"/dev/{kind}"))
    return Case(path, kind)


ODD_NAMES = (
    *(
        "\x1b[31mred\x1b[0m",
        "a\nb",
        "\r",
        "\t",
        "\x07",
        "\x7f",
        "\u202egpj",
        "\u2028",
        "\udcff\udcfe",
        "\U0001f941",
        " ",
    ),
    *("a:b", "file:x", "-i", "%s", "'\"`$(id)", "x" * 240, "{}", "{0.__class__}", "\\", "|", "con", "a%20b"),
)


def named(place: Place) -> Case:
    """A right film, or one cut short, with an odd name."""
    name, data = place.film()
    stem, suffix = place.random.choice(ODD_NAMES), name.rpartition(".")[2]
    length = place.random.choice((len(data), len(data) // 2))
    return place.written(f"{stem}.{suffix}", data[:length], f"{length} of {len(data)} bytes, odd name", name)


BEGINNINGS = (
    *(
        b"",
        b"\0" * 2000,
        b"text " * 300,
        b"\x1aE\xdf\xa3",
        b"RIFF\xff\xff\xff\xffAVI LIST",
        b"ftypisom",
        b"#!AMR",
        b"fLaC",
    ),
    *(
        b"\0\0\0\x18ftypisom\0\0\0\0isom\0\0\0\0",
        b"\0\0\1\xba" * 50,
        b"G" * 940,
        b"OggS" * 20,
        b"\xff\xfb\x90\0" * 300,
    ),
    *(
        b"ID3\4\0\0\x7f\x7f\x7f\x7f",
        b"GIF89a",
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\1\0\1\0",
        b"FLV\1\5\0\0\0\x09\0\0\0\0",
    ),
)


def tiny(place: Place) -> Case:
    """Nothing, noise, or a few first bytes of a kind of file."""
    r, suffix = place.random, place.film()[0].rpartition(".")[2]
    data = r.choice((*BEGINNINGS, r.randbytes(r.choice((1, 10, 3000)))))
    return place.written(f"x.{suffix}", data, "a beginning only")


SORTS: tuple[tuple[Callable[[Place], Case], int], ...] = (  # how often
    (flipped, 6), (cut, 4), (holed, 4), (shortened, 2), (doubled, 1), (spliced, 3), (renamed, 1),
    (numbered, 8), (enormous, 3), (playlist, 6), (pattern, 1), (address, 2), (unreadable, 2), (named, 2),
    (tiny, 2),
)  # fmt: skip


def case(place: Place) -> Case:
    """One case; `place.random` decides."""
    sorts, weights = zip(*SORTS, strict=True)
    (sort,) = place.random.choices(sorts, weights)
    made = sort(place)
    knowable = sort in (cut, holed, shortened, doubled, spliced)
    return Case(made.path, f"{sort.__name__}: {made.harmed}", made.like, knowable)
