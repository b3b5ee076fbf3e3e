"""Pickles by hand, between their PROTO and STOP: what a loader that allows tensors only must not be made
to do.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from pathlib import Path

FLOATS = struct.pack("<4f", 1, 2, 3, 4)  # the numbers of the tensors here


def pickles(marker: Path) -> dict[str, bytes]:
    """By what they do; those with code would make the file `marker`."""
    return (
        _with_code(marker) | _with_large_objects() | _nested() | _with_false_tensors() | _with_other_objects()
    )


def old_file(data: bytes) -> bytes:
    """As torch < 1.6 wrote: magic number, version, system, content, keys of storages, their numbers."""
    system = {
        "protocol_version": 1001,
        "little_endian": True,
        "type_sizes": {"short": 2, "int": 4, "long": 4},
    }
    first = [pickle.dumps(x, 2) for x in (0x1950A86A20F9469CFC6C, 1001, system)]
    return b"".join(first) + data + pickle.dumps(["0"], 2) + struct.pack("<q", 4) + FLOATS


def zip_file(entries: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """As torch writes now, if `compression` is none."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(f"archive/{name}", data)
    return file.getvalue()


def _with_code(marker: Path) -> dict[str, bytes]:
    touch = _text(f"touch {marker}")
    return {
        "os.system": _call("os", "system", touch),
        "builtins.exec": _call("builtins", "exec", _text(f"open({str(marker)!r}, 'w')")),
        "subprocess": _call("subprocess", "Popen", touch),
        "torch.hub": _call("torch.hub", "load", _text("/tmp")),
        "torch.load": _call("torch", "load", _text("/dev/zero")),
    }


def _with_large_objects() -> dict[str, bytes]:
    much = _int(10**10)
    return {
        "bytearray of 8 GB": _call("builtins", "bytearray", _int(8 * 10**9)),
        "bytearray in a dict": _dict(a=_call("builtins", "bytearray", _int(8 * 10**9))),
        "bytes of 8 GB": b"\x8e" + struct.pack("<Q", 8 * 10**9) + b"x",
        "text of 4 GB": b"X" + struct.pack("<I", 2**32 - 1) + b"x",
        "long of 2 GB": b"\x8b" + struct.pack("<i", 2**31 - 1) + b"x",
        "frame of 8 GB": b"\x95" + struct.pack("<Q", 8 * 10**9) + b"N",
        "memo at 2^31": b"]r" + struct.pack("<I", 2**31),
        "torch.Tensor(10^10)": _call("torch", "Tensor", much),
        "FloatTensor(10^10)": _call("torch", "FloatTensor", much),
        "UntypedStorage(10^10)": _call("torch.storage", "UntypedStorage", much),
        "TypedStorage(10^10)": _call("torch.storage", "TypedStorage", much),
        "text to utf-32": _call("_codecs", "encode", _text("x" * 10**6), _text("utf-32")),
        "text through zlib": _call("_codecs", "encode", _text("x"), _text("zlib_codec")),
        "Counter": _call("collections", "Counter", _text("abc" * 10**5)),
        "no stop": b"N" * 1000,
    }


def _nested() -> dict[str, bytes]:
    # Pairs of the pair before: 2^60 leaves for whoever counts, prints or hashes them.
    pairs = (b"h" + bytes([i]) + b"h" + bytes([i]) + b"\x86q" + bytes([i + 1]) for i in range(60))
    laughs = b")q\0" + b"".join(pairs)
    return {
        "set of laughs": _call("builtins", "set", laughs),
        "laughing key": b"}" + laughs + b"Ns",
        "laughing value": b"}" + _text("a") + laughs + b"s",
        "nested lists": b"]" * 10**5 + b"a" * (10**5 - 1),
        "nested tuples": b")" + b"\x85" * 10**5,
        "itself": b"}q\0" + _text("a") + b"h\0s",
    }


def _with_false_tensors() -> dict[str, bytes]:
    one = _tensor((2, 2), (2, 1))
    known = {"audio_input_proj.0.weight": _tensor((10**6, 4, 10**3), (0, 0, 0)), "joint_blocks.0.x": one}
    blocks = {f"joint_blocks.{i}.x": one for i in range(2000)}
    tensors = {
        "huge storage": _tensor((2,), (1,), numel=2**40),
        "huge shape": _tensor((2**31, 2**31), (1, 1)),
        "stride 0": _tensor((10**5, 10**5), (0, 0)),
        "negative stride": _tensor((2, 2), (-1, 1)),
        "negative size": _tensor((-2, 2), (1, 1)),
        "offset": _tensor((2, 2), (2, 1), offset=2**40),
        "60,000 dimensions": _tensor((1,) * 60000, (1,) * 60000),
        "key of another file": _tensor((2, 2), (2, 1), key="../../../../etc/passwd"),
        "key of nothing": _tensor((2, 2), (2, 1), key="nowhere"),
        "other type": _tensor((2, 2), (2, 1), storage="HalfStorage"),
        "quantised": _tensor((2, 2), (2, 1), storage="QInt8Storage"),
    }
    return {name: _dict(**{"a.weight": tensor}) for name, tensor in tensors.items()} | {
        "stride 0, known names": _dict(**known),
        "2000 blocks": _dict(**blocks, **{"audio_input_proj.0.weight": one}),
        "controls in a name": _dict(**{"\x1b[31m\n\u202e": one}),
        "one tensor": one,
    }


def _with_other_objects() -> dict[str, bytes]:
    one, much = _tensor((2, 2), (2, 1)), b"(" + _int(10**9) + b"t"
    tensor, float32 = _global("torch", "Tensor"), _global("torch", "float32")
    meta = _call(
        "torch._utils", "_rebuild_meta_tensor_no_storage", float32, much, b"(" + _int(1) + b"t", b"\x89"
    )
    sparse = _global("torch", "sparse_coo"), b"(" + one + one + much + b"t"
    state = b"}" + _text("__class__") + _int(1) + b"s"
    return {
        "a number": _int(5),
        "nothing": b"N",
        "empty dict": b"}",
        "mixed": _dict(a=_int(5), b=one),
        "meta tensor": _dict(a=meta),
        "wrapped": _dict(a=_call("torch._utils", "_rebuild_wrapper_subclass", tensor, float32, much)),
        "sparse": _dict(a=_call("torch._utils", "_rebuild_sparse_tensor", *sparse)),
        "of a type": _dict(a=_call("torch._tensor", "_rebuild_from_type_v2", tensor, tensor, b")", state)),
    }


def _tensor(
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *,
    numel: int = 4,
    offset: int = 0,
    storage: str = "FloatStorage",
    key: str = "0",
) -> bytes:
    parts = _text("storage") + _global("torch", storage) + _text(key) + _text("cpu") + _int(numel)
    tuples = [b"(" + b"".join(map(_int, t)) + b"t" for t in (shape, strides)]
    backward = _global("collections", "OrderedDict") + b")R"
    arguments = b"(" + parts + b"tQ", _int(offset), *tuples, b"\x89", backward
    return _call("torch._utils", "_rebuild_tensor_v2", *arguments)


def _call(module: str, name: str, *arguments: bytes) -> bytes:
    return _global(module, name) + b"(" + b"".join(arguments) + b"tR"


def _global(module: str, name: str) -> bytes:
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


def _dict(**entries: bytes) -> bytes:
    return b"}(" + b"".join(_text(k) + v for k, v in entries.items()) + b"u"


def _int(n: int) -> bytes:
    return pickle.dumps(n, 2)[2:-1]


def _text(s: str) -> bytes:
    return b"X" + struct.pack("<I", len(s.encode())) + s.encode()
