"""Which files of a folder can be weights: the one set of rules, for the command and for ComfyUI's lists."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..limits import MAX_FOLDER_DEPTH, MAX_FOLDER_ENTRIES, MAX_WEIGHT_FILES

SUFFIXES = (".safetensors", ".sft", ".pth", ".pt", ".ckpt", ".bin")  # in any case


@dataclass(frozen=True)
class Found:
    """`left_out`: a sentence for each folder that could not be read, or not to its end."""

    files: tuple[Path, ...]
    left_out: tuple[str, ...]


def is_weights_name(name: str) -> bool:
    """By its suffix; hidden names are drafts and caches."""
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def weight_files(folder: Path, *, below: bool = True) -> Found:
    """Regular files with a weights suffix in `folder`, and `below` it: nearest first, then by name.

    Linked folders are followed, each once. What can't be read is left out, and so are pipes and devices.
    """
    files: list[Path] = []
    left_out: list[str] = []
    seen: set[tuple[int, int]] = set()
    level, left = [folder], MAX_FOLDER_ENTRIES
    for _ in range(MAX_FOLDER_DEPTH + 1 if below else 1):
        deeper: list[Path] = []
        for place in level:
            try:
                for entry in _entries(place, seen, left):
                    left -= 1
                    if _is(entry, "is_dir"):
                        deeper.append(place / entry.name)
                    elif is_weights_name(entry.name) and _is(entry, "is_file"):
                        files.append(place / entry.name)
            except OSError as error:
                left_out.append(f"{place} could not be read ({error.strerror}).")
            if left <= 0 or len(files) > MAX_WEIGHT_FILES:
                left_out.append(
                    f"{folder} holds more than {MAX_FOLDER_ENTRIES:,} names or {MAX_WEIGHT_FILES:,} weight "
                    "files; the rest was not looked at."
                )
                return Found(tuple(files[:MAX_WEIGHT_FILES]), tuple(left_out))
        level = deeper
    return Found(tuple(files), tuple(left_out))


def _entries(folder: Path, seen: set[tuple[int, int]], most: int) -> Iterator[os.DirEntry]:
    """At most so many that are not hidden, by name; none of a folder that was `seen` under another name."""
    status = os.stat(folder)
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    with os.scandir(folder) as listing:
        shown = [e for _, e in zip(range(most), listing, strict=False) if not e.name.startswith(".")]
    yield from sorted(shown, key=lambda entry: entry.name)


def _is(entry: os.DirEntry, what: str) -> bool:
    """Links are followed; one that leads nowhere, or in a circle, is neither file nor folder."""
    try:
        return getattr(entry, what)()
    except OSError:
        return False
