"""The lists of clips that are known, by the columns they were published with, and ours.

VGGSound           no header: YouTube id, start in seconds, label, split; films ID_START (6 digits).mp4.
                   The rows of its test split are judged (hche11/VGGSound; Chen et al. 2020)
AudioCaps          audiocap_id, youtube_id, start_time, caption (cdjkim/audiocaps; Kim et al. 2019). Sounds;
                   a row is a caption, and in its test set five rows have one sound
MovieGen           id, video_prompt, audio_prompt and, of the second list, music_prompt; JSON lines, films
                   ID.mp4 (facebookresearch/MovieGenBench; Polyak et al. 2024). What is heard in its films
                   is Movie Gen's own sound and no truth, so that nothing is compared with it
Kling-Audio-Eval   video_caption, audio_caption, and id, video, audio, scenario, label_l1, label_l2,
                   label_l3. The paper (section 6) states these fields, not their names: the names are ours

our own            id, film, sound, reference, caption, scenario, labels, start, seconds; one of film, sound
                   and reference at least. `video` and `audio`, as in the manifests to train from, are the
                   film and its reference
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...data.manifest.public import VGGSOUND_COLUMNS, PublicList, public_list
from ...errors import InputError

OWN = ("id", "film", "sound", "reference", "caption", "scenario", "labels", "start", "seconds")
FILES = ("film", "sound", "reference")
SPELLINGS = {"video": "film", "audio": "reference"}  # a manifest to train from
AUDIOCAPS_COLUMNS = ("audiocap_id", "youtube_id", "start_time", "caption")
LEVELS = ("label_l1", "label_l2", "label_l3")
Values = dict[str, Any]


@dataclass(frozen=True)
class Benchmark:
    """`columns`: those it is recognised by. `values`: of its row -> ours, with the names ("stems") that its
    film or sound may have; None for a row that is not of its test set. `own_sound`: what is heard in its
    films is true."""

    name: str
    columns: tuple[str, ...]
    others: tuple[str, ...]
    own_sound: bool
    values: Callable[[Values], Values | None]


def benchmark_of(header: Sequence[str]) -> Benchmark | None:
    """The one with these columns; None for our own. InputError where it is neither."""
    return next((known for known in BENCHMARKS if {*known.columns} <= {*header}), None)


def checked_columns(header: Sequence[str], columns: Mapping[str, str], path: Path) -> dict[str, str]:
    """The file's name -> ours, or a benchmark's, of each column that something is read from. `columns`: our
    name -> the file's, where they differ."""
    known = {*OWN, *(name for kind in BENCHMARKS for name in kind.columns + kind.others)}
    for ours, theirs in columns.items():
        if ours not in known:
            raise InputError(
                f"--columns {ours}={theirs}: there is no column {ours}; choose {', '.join(OWN)}."
            )
        if theirs not in header:
            raise InputError(
                f"--columns {ours}={theirs}: {path} has no column {theirs}; it has {', '.join(header)}."
            )
    names = {theirs: theirs for theirs in header if theirs not in columns}
    names |= {theirs: ours for ours, theirs in columns.items()}
    found = benchmark_of(tuple(names.values()))
    if found is not None:
        used = {*found.columns, *found.others}
        return {theirs: ours for theirs, ours in names.items() if ours in used}
    names = {theirs: SPELLINGS.get(ours, ours) for theirs, ours in names.items()}
    used = {theirs: ours for theirs, ours in names.items() if ours in OWN}
    if not {*FILES} & {*used.values()}:
        raise InputError(_unknown(header, {*names.values()}, path))
    return used


def _unknown(header: Sequence[str], names: set[str], path: Path) -> str:
    """The list that it comes nearest to, and what it lacks of that."""
    near = [(len(names & {*kind.columns}) / len(kind.columns), kind) for kind in BENCHMARKS]
    share, kind = max(near, key=lambda pair: pair[0])
    lacking = [name for name in kind.columns if name not in names]
    hint = f" It may be {kind.name}, whose {', '.join(lacking)} it lacks." if share >= 0.5 else ""
    return (
        f"{path} has none of the columns {', '.join(FILES)} (it has {', '.join(header) or 'none'}); rename "
        f"one, or give --columns film=NAME.{hint}"
    )


def _public(columns: Sequence[str]) -> PublicList:
    return public_list(columns)


def _vggsound(row: Values) -> Values | None:
    if row["split"].strip() != "test":
        return None
    (values,) = _public(VGGSOUND_COLUMNS).rows(row)
    return {"id": values["id"], "stems": values["stems"], "caption": row["label"], "labels": [row["label"]]}


def _audiocaps(row: Values) -> Values:
    (values,) = _public(AUDIOCAPS_COLUMNS).rows(row)
    return values


def _moviegen(row: Values) -> Values:
    return {"id": row["id"], "stems": (str(row["id"]),), "caption": row["audio_prompt"]}


def _kling_audio_eval(row: Values) -> Values:
    labels = [row[level] for level in LEVELS if row.get(level)]
    values = {
        "id": row.get("id"),
        "film": row.get("video"),
        "reference": row.get("audio"),
        "caption": row["audio_caption"] or row["video_caption"],
        "scenario": row.get("scenario") or row.get("label_l1"),
        "labels": labels,
    }
    return values if values["film"] or values["reference"] else {**values, "stems": (str(row["id"]),)}


BENCHMARKS = (
    Benchmark("VGGSound", VGGSOUND_COLUMNS, (), True, _vggsound),
    Benchmark("AudioCaps", AUDIOCAPS_COLUMNS, (), True, _audiocaps),
    Benchmark(
        "MovieGen-Audio-Bench", ("id", "video_prompt", "audio_prompt"), ("music_prompt",), False, _moviegen
    ),
    Benchmark(
        "Kling-Audio-Eval",
        ("video_caption", "audio_caption"),
        ("id", "video", "audio", "scenario", *LEVELS),
        True,
        _kling_audio_eval,
    ),
)
