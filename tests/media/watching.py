"""Sees whether anybody opens a file or connects to an address while something runs."""

from __future__ import annotations

import ctypes
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OPENED = 0x20  # inotify's IN_OPEN


@contextmanager
def opened(path: Path) -> Iterator[list[int]]:
    """A list that holds the number of bytes of inotify's events after the block: empty if nobody opened
    `path`. Linux only.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    watch, events = libc.inotify_init1(os.O_NONBLOCK), []
    assert watch >= 0 and libc.inotify_add_watch(watch, os.fsencode(path), _OPENED) >= 0
    try:
        yield events
        try:
            events.append(len(os.read(watch, 4096)))
        except BlockingIOError:
            pass
    finally:
        os.close(watch)


@contextmanager
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """(port, what was asked for there so far); nothing is ever answered."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    asked.append(b"connected")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], asked
        server.shutdown(socket.SHUT_RDWR)  # wakes the thread
        thread.join()
