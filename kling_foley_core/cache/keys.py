"""Names of entries: digits of all that what is kept depends on."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

DIGITS = 40
# Whose code films are read, weights loaded and features made with, beside the modules above all (timing.py).
_OURS = ("checkpoints", "encoders", "generation", "media", "networks", "stereo", "systems")
_OTHERS = ("torch", "av", "tokenizers", "transformers", "ftfy")


def key_of(*facts: object) -> str:
    """Of texts, numbers and lists of them."""
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:DIGITS]


@cache
def code(rooms: tuple[str, ...] = _OURS) -> str:
    """Digits that change with the code that encodes: ours, of these rooms and above all, and the versions of
    what it calls.

    Our choice against a number that is counted up by hand: one forgotten, and a repaired encoder would be
    answered by what it made before.
    """
    digest = hashlib.sha256(json.dumps([_version(name) for name in _OTHERS]).encode())
    root = Path(__file__).parent.parent
    inner = (path for room in rooms for path in (root / room).rglob("*.py"))
    for path in sorted([*root.glob("*.py"), *inner]):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:DIGITS]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
