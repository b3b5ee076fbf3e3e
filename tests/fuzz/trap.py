"""What a child must not do: make a socket or start a program (it dies by SIGSYS), or open a file it was
not given (inotify tells). Linux on x86_64 or aarch64.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from pathlib import Path

_FORBIDDEN = {"x86_64": (41, 59, 322), "aarch64": (198, 221, 281)}  # socket, execve, execveat
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_KILL, _ALLOW = 0x00030000, 0x7FFF0000  # SECCOMP_RET_TRAP, SECCOMP_RET_ALLOW
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_OPENED, _CREATED = 0x20, 0x100  # IN_OPEN, IN_CREATE


def works() -> bool:
    """Whether this machine has what the traps are made of."""
    return platform.system() == "Linux" and platform.machine() in _FORBIDDEN


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def forbid_sockets_and_programs() -> None:
    """For this process and for good."""
    parts = [struct.pack("HBBI", _LOAD, 0, 0, 0)]  # the system call's number
    for number in _FORBIDDEN[platform.machine()]:
        parts += [struct.pack("HBBI", _EQUAL, 0, 1, number), struct.pack("HBBI", _RETURN, 0, 0, _KILL)]
    parts.append(struct.pack("HBBI", _RETURN, 0, 0, _ALLOW))
    code = ctypes.create_string_buffer(b"".join(parts))
    program = _Program(len(parts), ctypes.cast(code, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(
        _SECCOMP, _FILTER, ctypes.byref(program), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "this system has no seccomp filters")


class Watch:
    """The names opened or made in some folders since the last look."""

    def __init__(self, *folders: Path) -> None:
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.handle = self.libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        for folder in folders:
            if self.libc.inotify_add_watch(self.handle, os.fsencode(folder), _OPENED | _CREATED) < 0:
                raise OSError(ctypes.get_errno(), f"{folder} can't be watched")

    def seen(self) -> set[bytes]:
        """Names; opened folders have none."""
        names = set()
        while True:
            try:
                data = os.read(self.handle, 1 << 16)
            except BlockingIOError:
                return names
            while data:
                length = struct.unpack_from("I", data, 12)[0]
                names.add(data[16 : 16 + length].rstrip(b"\0"))
                data = data[16 + length :]
            names.discard(b"")

    def close(self) -> None:
        os.close(self.handle)
