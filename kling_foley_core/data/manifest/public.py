"""Public lists, recognised by their published columns, as rows with our columns.

    VGGSound          no header: YouTube id, start in seconds, label, split; films ID_START (6 digits).mp4
    AudioCaps         audiocap_id, youtube_id, start_time, caption; sounds under one of several usual names
    Clotho            file_name, caption_1 ... caption_5
    Kling-Audio-Eval  id, video, audio, video_caption, audio_caption, label_l1 ... label_l3

The last one's names are ours: the paper states the fields (section 6), not what they are called. Its clips
are held out, as it is a benchmark. Where a list has no split, its file's name says it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..splits import HELD_OUT, TRAIN

VGGSOUND_COLUMNS = ("youtube_id", "start", "label", "split")
CLOTHO_CAPTIONS = tuple(f"caption_{number}" for number in range(1, 6))
FILE_SPLITS = {
    "train": TRAIN,
    "development": TRAIN,
    "val": HELD_OUT,
    "valid": HELD_OUT,
    "validation": HELD_OUT,
    "test": HELD_OUT,
    "evaluation": HELD_OUT,
}
Values = dict[str, Any]


@dataclass(frozen=True)
class PublicList:
    """`columns`: those it is recognised by. `rows`: the values of its row -> those of ours. A file is given
    as the names, without suffix, that it may have ("stems"): whichever lies under the root is taken."""

    name: str
    columns: tuple[str, ...]
    others: tuple[str, ...]
    rows: Callable[[Values], Iterator[Values]]


def is_vggsound(cells: Sequence[str]) -> bool:
    """Whether a first row is one of VGGSound's, which has no header."""
    return len(cells) == 4 and cells[1].strip().isdecimal() and cells[3].strip() in ("train", "test")


def public_list(header: Sequence[str]) -> PublicList | None:
    """The list with these columns."""
    return next((known for known in LISTS if set(known.columns) <= set(header)), None)


def split_in_name(stem: str) -> str:
    """The split that a list's file name says, "" where it says none."""
    words = re.split(r"[^a-z]+", stem.lower())
    return next((FILE_SPLITS[word] for word in reversed(words) if word in FILE_SPLITS), "")


def _vggsound(row: Values) -> Iterator[Values]:
    stem = f"{row['youtube_id']}_{int(row['start']):06d}"
    yield {"id": stem, "stems": (stem,), "caption": row["label"], "split": row["split"]}


def _audiocaps(row: Values) -> Iterator[Values]:
    youtube, start = row["youtube_id"], int(row["start_time"])
    stems = (f"{youtube}_{start}", f"{youtube}_{start:06d}", f"Y{youtube}", youtube, row["audiocap_id"])
    yield {"id": row["audiocap_id"], "stems": stems, "caption": row["caption"]}


def _clotho(row: Values) -> Iterator[Values]:
    """A clip for each caption that is there."""
    stem = row["file_name"].rsplit(".", 1)[0]
    for name in CLOTHO_CAPTIONS:
        if row.get(name, "").strip():
            yield {"id": f"{stem} {name}", "stems": (stem,), "caption": row[name]}


def _kling_audio_eval(row: Values) -> Iterator[Values]:
    caption = row.get("audio_caption") or row.get("video_caption")
    ours = {name: row[name] for name in ("id", "video", "audio", "licence") if name in row}
    yield {**ours, "caption": caption, "split": HELD_OUT}


LISTS = (
    PublicList("VGGSound", VGGSOUND_COLUMNS, (), _vggsound),
    PublicList("AudioCaps", ("audiocap_id", "youtube_id", "start_time", "caption"), (), _audiocaps),
    PublicList("Clotho", ("file_name", "caption_1"), CLOTHO_CAPTIONS[1:], _clotho),
    PublicList(
        "Kling-Audio-Eval",
        ("video_caption", "audio_caption"),
        ("id", "video", "audio", "licence", "label_l1", "label_l2", "label_l3"),
        _kling_audio_eval,
    ),
)
