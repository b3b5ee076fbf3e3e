"""A folder of clips, as trainers of LoRAs have it: clip.mp4 or clip.wav, and clip.txt with its caption.

A folder named effects, music, speech or singing says the class of the sounds below it. A film and a sound of
one name belong together: the sound is the film's.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from .clip import KINDS, Rejected
from .media_files import FILMS, SOUNDS, files_below
from .table import Row, Table

COLUMNS = ("id", "video", "audio", "caption", "kind")


def read_folder(folder: Path) -> tuple[Table, tuple[str, ...]]:
    """Its clips, and what else lies there."""
    of_clip: dict[str, list[Path]] = {}
    others: Counter[str] = Counter()
    for path in files_below(folder):
        if path.suffix.lower() in FILMS | SOUNDS | {".txt"}:
            of_clip.setdefault(path.relative_to(folder).with_suffix("").as_posix(), []).append(path)
        else:
            others[path.suffix.lower() or path.name] += 1
    found = [_row(folder, name, paths) for name, paths in of_clip.items()]
    rows = tuple(row for row in found if isinstance(row, Row))
    rejected = tuple(row for row in found if isinstance(row, Rejected))
    notes = (f"{folder}: files that are no films, sounds or captions: {_named(others)}.",)
    return Table(COLUMNS, rows, rejected), notes if others else ()


def _named(others: Counter[str]) -> str:
    return ", ".join(f"{count} {suffix}" for suffix, count in sorted(others.items())[:10])


def _row(folder: Path, name: str, paths: list[Path]) -> Row | Rejected:
    films = [p for p in paths if p.suffix.lower() in FILMS]
    sounds = [p for p in paths if p.suffix.lower() in SOUNDS]
    texts = [p for p in paths if p.suffix.lower() == ".txt"]
    if not films and not sounds:
        why = f"{texts[0]} is a caption without a film or sound of its name; add one, or delete it."
        return Rejected(name, "missing file", why)
    if len(films) > 1 or len(sounds) > 1:
        several = ", ".join(p.name for p in (films if len(films) > 1 else sounds))
        return Rejected(name, "id used twice", f"{name}: {several} have one name; rename one.")
    kinds = [part for part in Path(name).parts[:-1] if part in KINDS]
    values = {"id": name, "kind": kinds[-1] if kinds else ""}
    values |= {"video": films[0]} if films else {}
    values |= {"audio": sounds[0]} if sounds else {}
    return Row(str(paths[0].relative_to(folder)), values | {"caption": texts[0] if texts else ""})
