"""Which clips a manifest or a folder asks for, and the file and the seed of each."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..data.manifest import Clip, Rejected, read_manifest
from ..errors import InputError
from ..files.output_name import output_name

SEEDS = 2**32


@dataclass(frozen=True)
class BatchClip:
    """`video` None: a sound for words alone. `seconds` None: to the film's end. `output`: its file, as a path
    below the folder of outputs."""

    id: str
    video: Path | None
    prompt: str
    start: float
    seconds: float | None
    seed: int
    output: Path


def batch_clips(
    path: Path, columns: Mapping[str, str], root: Path | None, *, prompt: str, seed: int, suffix: str
) -> tuple[list[BatchClip], list[Rejected], tuple[str, ...]]:
    """(clips, rows that name no film that is there, sentences about the manifest). `path`, `columns`, `root`
    as `read_manifest` takes them; a clip without a caption gets `prompt`.

    The seed of a clip is `seed` plus the CRC-32 of its id: other clips, or another order, change nothing of
    it. Our choice; one noise for all clips would give all of them a like sound.
    """
    manifest = read_manifest(path, columns, root)
    films = [clip for clip in manifest.clips if clip.video]
    rejected = [*manifest.rejected, *(_without_film(clip) for clip in manifest.clips if not clip.video)]
    if not films:
        raise InputError(f"{path} has no films; give clips with a video.")
    taken: set[str] = set()
    clips = []
    for clip in films:
        output = output_name(clip.id, suffix, taken)
        text, own_seed = clip.caption or prompt, seed_of(clip.id, seed)
        clips.append(BatchClip(clip.id, clip.video, text, clip.start, clip.seconds, own_seed, output))
    return clips, rejected, manifest.notes


def seed_of(clip: str, seed: int = 0) -> int:
    """The seed of the clip with this id."""
    return (seed + zlib.crc32(clip.encode())) % SEEDS


def _without_film(clip: Clip) -> Rejected:
    return Rejected(clip.id, "no film", f"{clip.place} has no video; give one, or `generate` its sound.")
