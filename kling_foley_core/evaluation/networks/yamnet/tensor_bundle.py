"""The variables of a TensorFlow SavedModel, read without TensorFlow: name -> array.

`variables.index` is a sorted table in blocks (LevelDB's table format, uncompressed): its last 48 bytes say
where the index block lies, which says where the blocks of entries lie. A key shares its beginning with the
one before it; its value is a protocol buffer that says number type, shape, and where in
`variables.data-00000-of-00001` the values lie.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....errors import InputError

FOOTER, MAGIC = 48, 0xDB4775248B80FB57
FLOAT32, INT64 = 1, 9  # of TensorFlow's number types
TYPES = {FLOAT32: np.dtype("<f4"), INT64: np.dtype("<i8")}
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # kinds of a protocol buffer's fields
TYPE, SHAPE, OFFSET, SIZE = 1, 2, 4, 5  # fields of an entry
Fields = dict[int, list[int | bytes]]


def read_bundle(index: bytes, data: bytes) -> dict[str, np.ndarray]:
    """The float32 and int64 variables; others (strings) are left out."""
    if len(index) < FOOTER or int.from_bytes(index[-8:], "little") != MAGIC:
        raise InputError("variables.index is no table of TensorFlow's; give the SavedModel's own file.")
    _, at = _handle(index, len(index) - FOOTER)
    (start, size), _ = _handle(index, at)
    found = {}
    for _, place in _entries(index[start : start + size]):
        (start, size), _ = _handle(place, 0)
        for key, value in _entries(index[start : start + size]):
            array = _array(_fields(value), data) if key else None  # the empty key holds the bundle's header
            if array is not None:
                found[key.decode()] = array
    return found


def _array(fields: Fields, data: bytes) -> np.ndarray | None:
    kind = TYPES.get(fields.get(TYPE, [0])[0])
    if kind is None:
        return None
    shape = [_fields(dim).get(1, [0])[0] for dim in _fields(fields.get(SHAPE, [b""])[0]).get(2, [])]
    start, size = fields.get(OFFSET, [0])[0], fields[SIZE][0]
    return np.frombuffer(data[start : start + size], kind).reshape(shape)


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(key, value) of a block; behind them lie the places where keys begin anew, and their number."""
    end = len(block) - 4 * (1 + int.from_bytes(block[-4:], "little"))
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        own, at = _varint(block, at)
        size, at = _varint(block, at)
        key = key[:shared] + block[at : at + own]
        at += own
        yield key, block[at : at + size]
        at += size


def _handle(table: bytes, at: int) -> tuple[tuple[int, int], int]:
    """((a block's first byte, its bytes), where the handle ends)"""
    start, at = _varint(table, at)
    size, at = _varint(table, at)
    return (start, size), at


def _fields(message: bytes) -> Fields:
    """Number of a protocol buffer's field -> its values."""
    found: Fields = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, at = _varint(message, at)
        else:
            size, at = _varint(message, at) if kind == BYTES else ({FIXED64: 8, FIXED32: 4}[kind], at)
            value, at = message[at : at + size], at + size
        found.setdefault(number, []).append(value)
    return found


def _varint(source: bytes, at: int) -> tuple[int, int]:
    """Seven bits a byte, the lowest first; (number, where it ends)"""
    value = shift = 0
    while True:
        byte = source[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
