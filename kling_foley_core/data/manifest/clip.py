"""What a manifest says: one clip a row, before any file is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

KINDS = ("effects", "music", "speech", "singing", "world")  # classes of sound; the first four are the paper's


@dataclass(frozen=True)
class Label:
    """An event that is heard from `start` to `end`, in seconds from where its clip (or window) begins."""

    name: str
    start: float
    end: float


@dataclass(frozen=True)
class Clip:
    """One of the paper's three pairs: video and text, video only, sound and text.

    `audio` None: the film's own sound. `video` None: a sound. `start`, `seconds`: the part of the file
    (`seconds` None: to its end). `split`: "train" or "held_out". `kind`: one of KINDS, or "". `place`: where
    it is said, such as "manifest.csv line 12".
    """

    id: str
    video: Path | None
    audio: Path | None
    caption: str
    start: float
    seconds: float | None
    split: str
    licence: str
    kind: str
    labels: tuple[Label, ...]
    place: str

    @property
    def sound(self) -> Path:
        """The file that its sound is in."""
        return self.audio or self.video

    @property
    def pair(self) -> str:
        """ "video + text", "video" or "sound + text" ("sound" where there is no caption, for a codec)."""
        return ("video" if self.video else "sound") + (" + text" if self.caption else "")


@dataclass(frozen=True)
class Rejected:
    """What is not used. `reason`: a few words that many have in common ("missing file"); `why`: a sentence
    with the value and the remedy."""

    id: str
    reason: str
    why: str


@dataclass(frozen=True)
class Manifest:
    """`rejected`: rows that say nothing usable. `notes`: sentences about the manifest as a whole."""

    path: Path
    clips: tuple[Clip, ...]
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]
