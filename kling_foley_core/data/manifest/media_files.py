"""The films and sounds below a folder, recognised by their suffixes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ...errors import InputError
from ...limits import MAX_CLIP_FILES

FILMS = frozenset(
    f".{suffix}" for suffix in "mp4 m4v mov mkv webm avi ts mts m2ts mpg mpeg flv wmv ogv mxf gif".split()
)
SOUNDS = frozenset(f".{suffix}" for suffix in "wav flac ogg oga opus mp3 m4a aac aif aiff".split())


def files_below(folder: Path) -> Iterator[Path]:
    """All files in order of their names, hidden ones and folders left out."""
    count = 0
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith("."):
                continue
            count += 1
            if count > MAX_CLIP_FILES:
                raise InputError(f"{folder} has more than {MAX_CLIP_FILES} files; give a folder of less.")
            yield Path(here, name)


class MediaFiles:
    """Finds films and sounds below a folder by their names without suffix."""

    def __init__(self, folder: Path) -> None:
        self.films: dict[str, Path] = {}
        self.sounds: dict[str, Path] = {}
        for path in files_below(folder):
            suffix = path.suffix.lower()
            if suffix in FILMS:
                self.films.setdefault(path.stem, path)
            elif suffix in SOUNDS:
                self.sounds.setdefault(path.stem, path)

    def find(self, stems: tuple[str, ...]) -> tuple[Path | None, Path | None]:
        """(film, sound) with the first of the names that there is."""
        for stem in stems:
            if stem in self.films or stem in self.sounds:
                return self.films.get(stem), self.sounds.get(stem)
        return None, None
