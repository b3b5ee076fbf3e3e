"""One row's values, checked: text or JSON in, a Clip out."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from ...files.unicode_text import unicode_text
from ...limits import MAX_CAPTION, MAX_LABELS, MAX_NAME
from ..splits import HELD_OUT, TRAIN
from .clip import KINDS, Clip, Label
from .table import Row

COLUMNS = ("id", "video", "audio", "caption", "start", "seconds", "split", "licence", "kind", "labels")
SPLITS = {
    "": "",
    **dict.fromkeys(("train", "training", "dev", "development"), TRAIN),
    **dict.fromkeys(
        ("held_out", "held-out", "val", "valid", "validation", "test", "eval", "evaluation"), HELD_OUT
    ),
}


class RowError(ValueError):
    """`reason`: a few words; `why`: the value and what to do, without the row's place."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(reason, why)
        self.reason, self.why = reason, why


def clip_of(row: Row, root: Path) -> Clip:
    """`split` is "" where the row says none. Raises RowError."""
    values = row.values
    video, audio = (path_of(values.get(name), name, root) for name in ("video", "audio"))
    if video is None and audio is None:
        raise RowError("no file", "it names neither a video nor an audio file; give one")
    start = number_of(values.get("start"), "start")
    seconds = number_of(values.get("seconds"), "seconds")
    if start is not None and start < 0:
        raise RowError("bad time", f"start = {start:g}; give 0 or more")
    if seconds is not None and seconds <= 0:
        raise RowError("bad time", f"seconds = {seconds:g}; give more than 0, or leave it out")
    return Clip(
        id=text_of(values.get("id"), "id", MAX_NAME) or _own_id(values, start),
        video=video,
        audio=audio,
        caption=caption_of(values.get("caption")),
        start=start or 0.0,
        seconds=seconds,
        split=_choice(values.get("split"), "split", SPLITS),
        licence=text_of(values.get("licence"), "licence", MAX_NAME),
        kind=_choice(values.get("kind"), "kind", {"": "", **{kind: kind for kind in KINDS}}),
        labels=_labels(values.get("labels")),
        place=row.place,
    )


def _own_id(values: dict[str, Any], start: float | None) -> str:
    named = str(values.get("video") or values.get("audio"))
    path = unicode_text(Path(named).with_suffix("").as_posix())
    return path if start is None else f"{path} {start:g}"


def text_of(value: Any, column: str, most: int) -> str:
    """Raises RowError, as all below."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise RowError("bad value", f"{column} = {value!r}; give text")
    text = "" if value is None else " ".join(str(value).split())
    if len(text) > most:
        raise RowError("bad value", f"{column} has {len(text)} characters; at most {most} are taken")
    if "\0" in text:
        raise RowError("bad value", f"{column} has a zero character; remove it")
    if unicode_text(text) != text:
        raise RowError("bad value", f"{column} = {text[:200]!r} is no text in Unicode; correct it")
    return text


def caption_of(value: Any) -> str:
    """Text, or a file that holds it."""
    if not isinstance(value, Path):
        return text_of(value, "caption", MAX_CAPTION)
    with value.open("rb") as file:
        content = file.read(4 * MAX_CAPTION + 1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"{value.name} is no UTF-8 text ({error.reason}); save it as UTF-8"
        raise RowError("not UTF-8", why) from error
    return text_of(text, f"the caption in {value.name}", MAX_CAPTION)


def path_of(value: Any, column: str, root: Path) -> Path | None:
    """A file that is there; None for an empty cell."""
    if isinstance(value, Path):
        return value
    if value is None or value == "":
        return None
    if not isinstance(value, str) or "\0" in value:
        raise RowError("bad value", f"{column} = {value!r}; give a path")
    path = root / value.strip()
    try:
        found = path.is_file()
    except OSError:
        found = False
    if not found:
        raise RowError("missing file", f"{column} {path} isn't there; correct it or --root")
    return path


def number_of(value: Any, column: str) -> float | None:
    """Seconds; None for an empty cell."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise RowError("bad time", f"{column} = {value!r}; give seconds")
    return number


def _choice(value: Any, column: str, choices: dict[str, str]) -> str:
    text = text_of(value, column, MAX_NAME).lower()
    if text not in choices:
        raise RowError("bad value", f"{column} = {value!r}; choose {', '.join(filter(None, choices))}")
    return choices[text]


def _labels(value: Any) -> tuple[Label, ...]:
    """[[name, start, end], ...] or [{"name", "start", "end"}, ...], as JSON or JSON text."""
    if value is None or value == "":
        return ()
    try:
        entries = json.loads(value) if isinstance(value, str) else value
        if not isinstance(entries, list) or len(entries) > MAX_LABELS:
            raise ValueError
        return tuple(_label(entry) for entry in entries)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        form = '[["name", start, end], ...] in seconds'
        raise RowError("bad value", f"labels = {str(value)[:200]!r}; write them as {form}") from error


def _label(entry: Any) -> Label:
    name, start, end = (entry["name"], entry["start"], entry["end"]) if isinstance(entry, dict) else entry
    label = Label(text_of(name, "label", MAX_NAME), float(start), float(end))
    if not (label.name and 0 <= label.start <= label.end < math.inf):
        raise ValueError(entry)
    return label
