"""What the world's code was when something was rendered: a part of every cache's key. Our choice.

A comment that changes counts too: rendering again costs minutes, old renderings cost a training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

WORLD = Path(__file__).parent
WRITERS = ("clips.py", "sheet.py")  # make files of what is rendered, and change nothing about it


def fingerprint(sources: Iterable[Path]) -> str:
    """Changes with the content of any file, and with the name of one; not with how lines end, which git
    changes on Windows."""
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(f"{path.name}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).digest())
    return digest.hexdigest()


def world_fingerprint() -> str:
    """Of all code that makes scenes, pictures and sounds."""
    return fingerprint(path for path in WORLD.rglob("*.py") if path.name not in WRITERS)
