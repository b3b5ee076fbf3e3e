"""Records of what is done: one JSON file a clip in DIR/records, written when its output is whole.

A clip is done where its record has the digest of everything that the sound depends on (settings, weights,
film, prompt, window, seed) and its output has the size that the record says. With other settings it is made
anew: the old file stays until the new one is whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ..files.whole_file import made_folder, whole_file
from .clips import BatchClip
from .outcome import KEPT, Facts, Outcome

FOLDER = "records"


@dataclass(frozen=True)
class Settings:
    """`values`: option -> value, of every option that acts on a sound; `files`: it is made with, weights and
    those that options name."""

    values: Mapping[str, str]
    files: tuple[Path, ...]


class Records:
    def __init__(self, folder: Path, settings: Settings, *, drawn: bool = True) -> None:
        """`drawn`: with pictures beside the records, for a report."""
        self.folder, self.drawn = folder, drawn
        self.settings = dict(settings.values)
        self.common = json.dumps([self.settings, *(_stamp(file) for file in settings.files)])
        made_folder(folder / FOLDER, "the folder of records")

    def output(self, clip: BatchClip) -> Path:
        return self.folder / clip.output

    def pictures(self, clip: BatchClip) -> tuple[Path, Path]:
        """(of its sound, of its film)."""
        return self._beside(clip, ".jpg"), self._beside(clip, ".film.jpg")

    def done(self, clip: BatchClip) -> Outcome | None:
        """None where it is still to be made, or to be made anew."""
        try:
            record = json.loads(self._beside(clip, ".json").read_text(encoding="utf-8"))
            size = self.output(clip).stat().st_size
            if record["digest"] == self.digest(clip) and record["bytes"] == size:
                return Outcome(KEPT, Facts(**record["facts"]))
        except (OSError, ValueError, TypeError, KeyError):
            pass  # there is none, or it is damaged: it would be made anew
        return None

    def write(self, clip: BatchClip, facts: Facts) -> None:
        record = {
            "id": clip.id,
            "digest": self.digest(clip),
            "bytes": self.output(clip).stat().st_size,
            "video": clip.video and str(clip.video),
            "prompt": clip.prompt,
            "seed": clip.seed,
            "settings": self.settings,
            "facts": asdict(facts),
        }
        with whole_file(made_parent(self._beside(clip, ".json"))) as draft:
            draft.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")

    def digest(self, clip: BatchClip) -> str:
        own = [clip.video and _stamp(clip.video), clip.prompt, clip.start, clip.seconds, clip.seed]
        return hashlib.sha256((self.common + json.dumps(own)).encode()).hexdigest()

    def _beside(self, clip: BatchClip, suffix: str) -> Path:
        return self.folder / FOLDER / clip.output.with_name(clip.output.name + suffix)


def made_parent(path: Path) -> Path:
    """`path`, the folders above it made."""
    made_folder(path.parent, "the folder")
    return path


def _stamp(file: Path) -> list[str | int]:
    """A file's name, size and time: reading gigabytes to know them would take longer than the sounds."""
    found = file.stat()
    return [file.name, found.st_size, found.st_mtime_ns]
