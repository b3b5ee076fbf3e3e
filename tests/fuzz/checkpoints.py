"""Odd and hostile checkpoint files, by a seed: damaged ones, false headers and configs, pickles that ask
for memory or run code, bombs, odd folders.
"""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .pickles import FLOATS, old_file, pickles, zip_file

NUMBERS = (0, -1, 1, 2, 3, 7, 64, 2000, 2**15, 10**5, 10**6, 10**9, 2**31, 2**40, 2**63, 10**30, -(10**9))
OFFSETS = ([0, 2**62], [-8, 0], [0], [0, "4"], [2**64, 2**65], [0, 4], None, [1e3, 2e3], [8, 0])
EMPTY = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
PREFIXES = ("module." * 3000, "model.", "vae.", "joint_blocks.", "state_dict.module.", "text_model.", "\0.")
BLOCKS = (
    "joint_blocks.",
    "fused_blocks.",
    "encoder.block.",
    "blocks.",
    "ups.",
    "resblocks.",
    "encoder.down.",
)
METADATA = (
    *(
        "",
        "[" * 10**5,
        "{}",
        "null",
        "[]",
        "x" * 10**6,
        '{"class":[]}',
        '{"a":{"kind":"mmdit","config":{}}}',
        "9" * 10**5,
    ),
    *("\x1b]0;x\x07", '{"a":' * 5000, "NaN", '"kling-foley"', "mmdit", "kling_foley", "clip", 5, None, {}),
)
THINGS = (1.5, 1e308, True, None, "8", "", [], {}, [1])  # where numbers are wanted


@dataclass(frozen=True)
class Case:
    """`path`: a file, or a folder of them."""

    path: Path
    harmed: str


class Place:
    """Where a case is made: `folder` is its own, `right` has the right files, code in a file would make
    `marker`.
    """

    def __init__(self, folder: Path, right: Path, marker: Path, random: random.Random) -> None:
        self.folder, self.right, self.marker, self.random = folder, right, marker, random

    def file(self, *suffixes: str) -> tuple[str, bytearray]:
        names = sorted(
            p.name for p in self.right.iterdir() if p.is_file() and p.suffix in (suffixes or (p.suffix,))
        )
        name = self.random.choice(names)
        return name, bytearray((self.right / name).read_bytes())

    def written(self, name: str, data: bytes, harmed: str) -> Case:
        path = self.folder / name
        path.write_bytes(data)
        return Case(path, harmed)


def flipped(place: Place) -> Case:
    name, data = place.file()
    r = place.random
    reach, count = r.choice((16, 512, 4096, len(data))), r.choice((1, 1, 4, 64))
    ends = r.random() < 0.3  # a zip's table stands at its end
    for _ in range(count):
        at = r.randrange(min(reach, len(data)))
        data[-1 - at if ends else at] ^= 1 << r.randrange(8)
    return place.written(
        name, data, f"{count} bits of {name} flipped within {reach} of its {'end' if ends else 'start'}"
    )


def cut(place: Place) -> Case:
    name, data = place.file()
    length = place.random.randrange(len(data))
    return place.written(name, data[:length], f"{name} cut at {length} of {len(data)}")


def spliced(place: Place) -> Case:
    (one, head), (other, tail) = place.file(), place.file()
    at, then = place.random.randrange(len(head)), place.random.randrange(len(tail))
    return place.written(one, head[:at] + tail[then:], f"{one} up to {at}, then {other} from {then}")


def _parts(data: bytes) -> tuple[dict, bytes]:
    (length,) = struct.unpack_from("<Q", data)
    return json.loads(data[8 : 8 + length]), bytes(data[8 + length :])


def _joined(header: Any, body: bytes, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def entry(place: Place) -> Case:
    """One tensor's entry says something else."""
    r = place.random
    name, data = place.file(".safetensors")
    header, body = _parts(data)
    tensor = r.choice([n for n in header if n != "__metadata__"])
    old, what = dict(header[tensor]), r.choice(("shape", "deep", "dtype", "offsets", "gone", "kind", "hole"))
    new = header[tensor]
    if what == "shape":
        new["shape"] = [r.choice(NUMBERS + THINGS) for _ in range(r.randrange(1, 5))]
    elif what == "deep":
        new["shape"] = [1] * r.choice((65, 1000, 60000)) + old["shape"]
    elif what == "dtype":
        new["dtype"] = r.choice(("F64", "F4", "", None, 5, "C64", "BOOL", "F8_E8M0", "U16", "\x1b[31m"))
    elif what == "offsets":
        new["data_offsets"] = r.choice(OFFSETS)
    elif what == "gone":
        del new[r.choice(sorted(new))]
    elif what == "kind":
        header[tensor] = r.choice((None, [], "x", 3, {"shape": {}}))
    else:  # as large as it says, but the file has no such data: fits the check of sizes
        new["shape"], new["data_offsets"] = [2**31, 2], [0, 2**32 * 4]
    return place.written(name, _joined(header, body), f"{name}: {tensor} {what} {str(new)[:80]}")


def names(place: Place) -> Case:
    """Tensors renamed, prefixed, multiplied, left out."""
    r = place.random
    name, data = place.file(".safetensors")
    header, body = _parts(data)
    if r.random() < 0.5:
        header.pop("__metadata__", None)
    tensors = [n for n in header if n != "__metadata__"]
    what = r.choice(("prefix", "rename", "drop", "blocks", "controls", "many", "number", "long"))
    some = r.choice(tensors)
    if what == "prefix":
        prefix = r.choice(PREFIXES)
        header = {(n if n == "__metadata__" else prefix + n): v for n, v in header.items()}
    elif what == "rename":
        header[r.choice(tensors) + "x"] = header.pop(some)
    elif what == "drop":
        for n in r.sample(tensors, r.randrange(1, len(tensors) + 1)):
            del header[n]
    elif what == "blocks":  # as many blocks as names, each an empty tensor
        start = r.choice(BLOCKS)
        for i in range(r.choice((50, 2000, 20000))):
            header[f"{start}{i}.x.weight"] = EMPTY
    elif what == "controls":
        header[some + "\x1b[2J\n\u202e\ud800"] = header.pop(some)
    elif what == "many":
        header |= {f"t{i}": EMPTY for i in range(100_000)}
    elif what == "number":
        header[f"joint_blocks.{'9' * 5000}.x"] = header.pop(some)
    else:
        header["n" * 10**6] = header.pop(some)
    return place.written(name, _joined(header, body), f"{name}: names, {what}")


def config(place: Place) -> Case:
    """One field of an own file's config says something else."""
    r = place.random
    name, data = place.file(".safetensors")
    header, body = _parts(data)
    stored = json.loads(header["__metadata__"]["config"])
    where = r.choice(list(stored.values()))["config"] if name == "bundle.safetensors" else stored
    field = r.choice(sorted(where))
    new: Any = r.choice(NUMBERS * 2 + THINGS)
    if isinstance(where[field], list) and r.random() < 0.7:
        new = r.choice(([new], [new] * 3, [1] * 10**5, [2] * 40, where[field] + [new]))
    where[field] = new
    header["__metadata__"]["config"] = json.dumps(stored)
    return place.written(name, _joined(header, body), f"{name}: config {field} = {str(new)[:40]}")


def metadata(place: Place) -> Case:
    """An own file's metadata say something else."""
    r = place.random
    name, data = place.file(".safetensors")
    header, body = _parts(data)
    said = header["__metadata__"]
    key = r.choice(sorted(said))
    said[key] = r.choice(METADATA)
    return place.written(name, _joined(header, body), f"{name}: metadata {key} = {str(said[key])[:40]!r}")


def header(place: Place) -> Case:
    """A header that is no header, or a very large one."""
    r = place.random
    name, data = place.file(".safetensors")
    head, body = _parts(data)
    text = json.dumps(head).encode()
    kind = r.choice("length nested spaces twice number bytes array empty keys metadata".split())
    new, length = text, None
    if kind == "length":
        length = r.choice((0, 1, 2, len(text) - 1, len(text) + 1, 2**27, 100 * 2**20, 2**63, 2**64 - 1))
    elif kind == "nested":
        new = b'{"a":' * r.choice((100, 900, 10**5)) + b"1" + b"}" * 10
    elif kind == "spaces":
        new = text + b" " * r.choice((10**6, 60 * 10**6))
    elif kind == "twice":
        new = text[:-1] + b"," + text[1:]
    elif kind == "number":
        new = b'{"a":{"dtype":"F32","shape":[' + b"9" * r.choice((4000, 10**5)) + b'],"data_offsets":[0,4]}}'
    elif kind == "bytes":
        new = text.replace(b"weight", b"w\xff\xfeght", 1)
    elif kind == "array":
        entry = b'"%d":{"dtype":"F32","shape":[' + b",".join([b"0"] * 300) + b'],"data_offsets":[0,0]}'
        new = b"{" + b",".join(entry % i for i in range(3000)) + b"}"
    elif kind == "empty":
        new = r.choice((b"{}", b'{"__metadata__":{}}', b"{]", b"{"))
    elif kind == "keys":
        new = b"{" + b",".join(b'"k%d":{}' % i for i in range(10**6)) + b"}"
    else:
        new = b'{"__metadata__":{' + b",".join(b'"k%d":"v"' % i for i in range(10**6)) + b"}}"
    return place.written(name, _joined(new, body, length), f"{name}: header, {kind}")


def pickled(place: Place) -> Case:
    """A pickle by hand: bare, as one of the old kind, or in a zip as torch writes it."""
    r, kinds = place.random, pickles(place.marker)
    name = r.choice(sorted(kinds))
    data = b"\x80\x02" + kinds[name] + (b"" if name == "no stop" else b".")
    form = r.choice(("bare", "old", "zip", "zip"))
    if form == "zip":
        entries = {"data.pkl": data, "byteorder": b"little", "version": b"3\n", "data/0": FLOATS}
        data = zip_file(entries, r.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    elif form == "old":
        data = old_file(data)
    suffix = r.choice((".pth", ".pt", ".bin", ".ckpt", ".safetensors"))
    return place.written("x" + suffix, data, f"{form}, {name}")


def zipped(place: Place) -> Case:
    """A torch zip with an entry that is not what it seems."""
    r = place.random
    name, data = place.file(".pth")
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        entries = {n.partition("/")[2]: archive.read(n) for n in archive.namelist()}
    which = r.choice(sorted(entries))
    which = r.choice((which, "data.pkl", "byteorder", "version"))
    what = r.choice("bomb gone empty noise zeros deflated outside claims many twice".split())
    form = 0
    if what == "bomb":
        entries[which], form = bytes(400 << 20), 8
    elif what == "gone":
        entries.pop(which, None)
    elif what in ("empty", "noise", "zeros"):
        entries[which] = {"empty": b"", "noise": r.randbytes(2000), "zeros": bytes(2000)}[what]
    elif what == "deflated":
        form = 8
    elif what == "outside":
        entries["../../" + which] = entries.pop(which, b"")
    elif what == "many":
        entries |= {f"data/x{i}": b"" for i in range(30000)}
    made = bytearray(zip_file(entries, form))
    if what == "claims":  # sizes in the table at the end
        at = made.rfind(f"archive/{which}".encode())
        if at > 46:
            struct.pack_into("<II", made, at - 46 + 20, *r.choices((0, 2**31, 2**32 - 1), k=2))
    if what == "twice":
        made *= 2
    return place.written(name, made, f"{name}: zip, {which} {what}")


def unreadable(place: Place) -> Case:
    """No file to read from, or nothing in it."""
    r = place.random
    path = place.folder / r.choice(("x.safetensors", "x.pth", "x.ckpt"))
    kind = r.choice("fifo link zero full loop dangling empty noise zeros long nul".split())
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link":
        os.mkfifo(place.folder / "fifo")
        path.symlink_to(place.folder / "fifo")
    elif kind in ("empty", "noise", "zeros"):
        path.write_bytes({"empty": b"", "noise": r.randbytes(5000), "zeros": bytes(10**5)}[kind])
    elif kind == "long":
        path = place.folder / ("x" * r.choice((250, 300, 5000)))
    elif kind == "nul":
        path = place.folder / "a\0b.pth"
    else:
        path.symlink_to({"loop": path, "dangling": place.folder / "gone"}.get(kind, f"/dev/{kind}"))
    return Case(path, kind)


def folder(place: Place) -> Case:
    """A right system, among things that should not keep it from being found; or with one odd network."""
    r = place.random
    home = place.folder / "models"
    shutil.copytree(place.right / "system", home)
    what = r.choice("fifo loop dangling noise many deep odd odd folder same names device".split())
    if what == "fifo":
        os.mkfifo(home / "a.safetensors")
    elif what == "loop":
        (home / "again").symlink_to(home)
        (home / "self.pth").symlink_to(home / "self.pth")
    elif what == "dangling":
        (home / "a.safetensors").symlink_to(home / "gone")
    elif what == "device":
        (home / "a.pth").symlink_to("/dev/zero")
    elif what == "noise":
        (home / "a.safetensors").write_bytes(r.randbytes(3000))
    elif what == "many":
        for i in range(3000):
            (home / f"{i}.txt").touch()
    elif what == "deep":
        deep = home.joinpath(*["d"] * 100)
        deep.mkdir(parents=True)
        shutil.move(home / "vae.safetensors", deep / "vae.safetensors")
    elif what == "folder":
        (home / "a.safetensors").mkdir()
    elif what == "names":
        shutil.move(home / "vae.safetensors", home / "\x1b[31m\n\udcff.safetensors")
    elif what == "same":
        shutil.copy(home / "vae.safetensors", home / "vae2.safetensors")
    else:
        one = case(Place(home, place.right, place.marker, r), without=folder)
        what = f"{what}, {one.harmed}"
    source = r.choice((home, home / "mmdit.safetensors"))
    return Case(source, f"folder, {what}")


SORTS: tuple[tuple[Callable[[Place], Case], int], ...] = (  # how often
    (flipped, 4), (cut, 2), (spliced, 1), (entry, 5), (names, 4), (config, 8), (metadata, 3), (header, 3),
    (pickled, 10), (zipped, 4), (unreadable, 1), (folder, 3),
)  # fmt: skip


def case(place: Place, without: Callable | None = None) -> Case:
    """One case; `place.random` decides."""
    sorts, weights = zip(*(s for s in SORTS if s[0] is not without), strict=True)
    (sort,) = place.random.choices(sorts, weights)
    made = sort(place)
    return Case(made.path, f"{sort.__name__}: {made.harmed}")
