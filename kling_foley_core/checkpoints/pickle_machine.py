"""Reads a pickle as data: nothing it names is imported, and nothing it asks for is called.

A call becomes a `Call`, an ordered dict a dict. torch's own weights-only loader does call what is on its
list, and so makes a bytearray of 8 GB from fifty bytes; here what comes out is no larger than what went in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap
from pickle import UnpicklingError
from struct import Struct
from typing import Any

from ..limits import MAX_PICKLE_BYTES, MAX_PICKLE_STEPS

BYTE, UINT16, INT32, UINT32, UINT64, FLOAT64 = map(Struct, ("<B", "<H", "<i", "<I", "<Q", ">d"))
NAME = 512  # bytes of a module's or a class's name
WHOLE_NUMBER = 16  # bytes of one
KEYS = (str, int, float, bytes, bool, type(None))  # hashing a tuple of tuples may exhaust the stack


@dataclass(frozen=True)
class Global:
    """A class or function by its full name."""

    name: str


@dataclass(frozen=True)
class Call:
    """`what`, mostly a Global, would have been called with these arguments."""

    what: Any
    args: Any


@dataclass(frozen=True)
class Persistent:
    """Something outside the pickle, by its id."""

    id: Any


@dataclass(frozen=True)
class Pickled:
    """An object, all the `Persistent` in it, and where the bytes behind it begin."""

    content: Any
    persistent: list[Persistent]
    end: int


def read_pickle(data: mmap, start: int, end: int) -> Pickled:
    """The object that begins at `start`; UnpicklingError, or any error of unfit operands, if the bytes up to
    `end` are no pickle of the kind that torch.save writes."""
    machine = _Machine(data[start : min(end, start + MAX_PICKLE_BYTES)])
    return Pickled(machine.run(), machine.persistent, start + machine.at)


class _Machine:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.persistent: list[Persistent] = []

    def run(self) -> Any:
        for _ in range(MAX_PICKLE_STEPS):
            code = self.take(1)
            if code == b".":
                return self.stack.pop()
            step = STEPS.get(code)
            if step is None:
                raise UnpicklingError(f"it has the operation {code!r}, which torch.save does not write")
            step(self)
        raise UnpicklingError(f"it has more than {MAX_PICKLE_STEPS:,} operations")

    def take(self, count: int) -> bytes:
        start = self.at
        self.at += count
        if self.at > len(self.data):
            raise UnpicklingError(f"{count} bytes are asked for, {len(self.data) - start} are left")
        return self.data[start : self.at]

    def number(self, form: Struct) -> Any:
        return form.unpack(self.take(form.size))[0]

    def line(self) -> str:
        stop = self.data.find(b"\n", self.at, self.at + NAME)
        if stop < 0:
            raise UnpicklingError("a name does not end")
        return self.take(stop + 1 - self.at)[:-1].decode()

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def since_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.marked.pop()
        return items

    def mark(self) -> None:
        self.marked.append(self.stack)
        self.stack = []

    def last(self, count: int) -> list[Any]:
        """The last `count` values, taken off."""
        items = [self.stack.pop() for _ in range(count)]
        return items[::-1]

    def remember(self, place: int) -> None:
        self.memo[place] = self.stack[-1]

    def whole_number(self, size: int) -> int:
        if size > WHOLE_NUMBER:
            raise UnpicklingError(f"it has a number of {size} bytes")
        return int.from_bytes(self.take(size), "little", signed=True)

    def global_of_stack(self) -> Global:
        module, name = self.last(2)
        return Global(f"{module[:NAME]}.{name[:NAME]}")

    def refer(self) -> Persistent:
        self.persistent.append(Persistent(self.stack.pop()))
        return self.persistent[-1]

    def call(self) -> Any:
        what, args = self.last(2)
        ordered = what == Global("collections.OrderedDict")
        return {} if ordered and args == () else Call(what, args)

    def extend(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is list:  # what would have been made by a call stays a call
            self.stack[-1].extend(items)

    def fill(self, items: list[Any]) -> None:
        """What lies under another key, as trainers keep beside their weights, is left out."""
        pairs = {key: value for key, value in zip(items[::2], items[1::2], strict=True) if type(key) in KEYS}
        if type(self.stack[-1]) is dict:
            self.stack[-1].update(pairs)


def _pushed(value: Callable[[_Machine], Any]) -> Callable[[_Machine], None]:
    return lambda m: m.push(value(m))


def _text(form: Struct) -> Callable[[_Machine], None]:
    return _pushed(lambda m: m.take(m.number(form)).decode("utf-8", "surrogatepass"))


def _raw(form: Struct) -> Callable[[_Machine], None]:
    return _pushed(lambda m: m.take(m.number(form)))


STEPS: dict[bytes, Callable[[_Machine], Any]] = {
    b"\x80": lambda m: m.take(1),  # protocol
    b"\x95": lambda m: m.take(8),  # frame
    b"N": _pushed(lambda m: None),
    b"\x88": _pushed(lambda m: True),
    b"\x89": _pushed(lambda m: False),
    b"J": _pushed(lambda m: m.number(INT32)),
    b"K": _pushed(lambda m: m.number(BYTE)),
    b"M": _pushed(lambda m: m.number(UINT16)),
    b"G": _pushed(lambda m: m.number(FLOAT64)),
    b"\x8a": _pushed(lambda m: m.whole_number(m.number(BYTE))),
    b"\x8b": _pushed(lambda m: m.whole_number(m.number(UINT32))),
    b"X": _text(UINT32),
    b"\x8c": _text(BYTE),
    b"\x8d": _text(UINT64),
    b"U": _raw(BYTE),  # Python 2's texts
    b"T": _raw(UINT32),
    b"C": _raw(BYTE),
    b"B": _raw(UINT32),
    b"\x8e": _raw(UINT64),
    b"\x96": _raw(UINT64),
    b")": _pushed(lambda m: ()),
    b"]": _pushed(lambda m: []),
    b"}": _pushed(lambda m: {}),
    b"\x8f": _pushed(lambda m: []),  # a set
    b"(": _Machine.mark,
    b"t": _pushed(lambda m: tuple(m.since_mark())),
    b"\x91": _pushed(lambda m: m.since_mark()),  # a frozen set
    b"\x85": _pushed(lambda m: tuple(m.last(1))),
    b"\x86": _pushed(lambda m: tuple(m.last(2))),
    b"\x87": _pushed(lambda m: tuple(m.last(3))),
    b"a": lambda m: m.extend(m.last(1)),
    b"e": lambda m: m.extend(m.since_mark()),
    b"\x90": lambda m: m.extend(m.since_mark()),
    b"s": lambda m: m.fill(m.last(2)),
    b"u": lambda m: m.fill(m.since_mark()),
    b"c": _pushed(lambda m: Global(f"{m.line()}.{m.line()}")),
    b"\x93": _pushed(_Machine.global_of_stack),
    b"R": _pushed(_Machine.call),
    b"\x81": _pushed(_Machine.call),
    b"\x92": _pushed(lambda m: Call(*m.last(3)[:2])),
    b"b": lambda m: m.last(1),  # an object's state, of which no tensor is made
    b"Q": _pushed(_Machine.refer),
    b"q": lambda m: m.remember(m.number(BYTE)),
    b"r": lambda m: m.remember(m.number(UINT32)),
    b"\x94": lambda m: m.remember(len(m.memo)),
    b"h": _pushed(lambda m: m.memo[m.number(BYTE)]),
    b"j": _pushed(lambda m: m.memo[m.number(UINT32)]),
    b"0": lambda m: m.last(1),
    b"1": _Machine.since_mark,
}
