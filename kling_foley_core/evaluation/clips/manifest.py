"""Reads which clips are judged: a benchmark's list, our own table (CSV or JSON lines), or a folder of films.

A folder: clip.mp4, with its caption in clip.txt and its true sound in clip.wav, where that is not the film's
own; a folder within it is the scenario of the clips below. Our choice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...data.manifest import Rejected
from ...data.manifest.folder import read_folder
from ...data.manifest.media_files import MediaFiles
from ...data.manifest.row import RowError, caption_of, number_of, path_of, text_of
from ...data.manifest.table import CSV, JSON_LINES, Row, read_table
from ...errors import InputError
from ...files.unicode_text import unicode_text
from ...limits import MAX_LABELS, MAX_NAME
from .clip import Clip
from .columns import Benchmark, benchmark_of, checked_columns

MISSING = "missing file"
SEPARATOR = ";"  # of labels in a cell


@dataclass(frozen=True)
class Manifest:
    """`benchmark`: its name, or "". `rejected`: rows that nothing can be judged of. `notes`: sentences about
    the whole."""

    path: Path
    benchmark: str
    clips: tuple[Clip, ...]
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]


def read_clips(path: Path, columns: Mapping[str, str], root: Path | None = None) -> Manifest:
    """`columns`: our name of a column (or a benchmark's) -> its name in the file, where they differ. `root`:
    where relative paths begin; None: the manifest's own folder. No film or sound is opened. Raises InputError
    where there is no clip."""
    path = Path(path)
    if path.is_dir():
        return _of_folder(path, columns, root)
    kinds = ", ".join(CSV + JSON_LINES)
    if not path.is_file():
        raise InputError(f"--manifest {path} isn't there; give a table ({kinds}) or a folder of films.")
    if path.suffix.lower() not in CSV + JSON_LINES:
        raise InputError(
            f"--manifest {path} is no table by its name; give one ({kinds}) or a folder of films."
        )
    if root is not None and not root.is_dir():
        raise InputError(f"--root {root} is no folder; give the one that the manifest's paths begin in.")
    table = read_table(path)
    names = checked_columns(table.header, columns, path)
    rows = [Row(row.place, {names[k]: v for k, v in row.values.items() if k in names}) for row in table.rows]
    benchmark, root = benchmark_of(tuple(names.values())), root or path.parent
    notes: list[str] = []
    if unread := [name for name in table.header if name not in names]:
        notes.append(f"{path}: nothing is read from {', '.join(unread)}; --columns OURS=THEIRS maps columns.")
    if benchmark is not None:
        rows, left = _of_benchmark(benchmark, rows, root)
        if left:
            notes.append(f"{path} ({benchmark.name}): {left} rows are not of its test set.")
    return _manifest(path, benchmark, rows, table.rejected, notes, root)


def _of_folder(folder: Path, columns: Mapping[str, str], root: Path | None) -> Manifest:
    if columns or root:
        raise InputError(f"--manifest {folder} is a folder of clips: leave --columns and --root out.")
    table, notes = read_folder(folder)
    rows = [Row(row.place, _folder_values(row.values)) for row in table.rows]
    return _manifest(folder, None, rows, table.rejected, list(notes), folder)


def _folder_values(values: dict[str, Any]) -> dict[str, Any]:
    above = values["id"].rpartition("/")[0]
    return {
        "id": values["id"],
        "film": values.get("video"),
        "reference": values.get("audio"),
        "caption": values["caption"],
        "scenario": above,
        "labels": above.split("/") if above else [],
    }


def _of_benchmark(benchmark: Benchmark, rows: Sequence[Row], root: Path) -> tuple[list[Row | Rejected], int]:
    """Rows with our columns, and how many are not of the test set."""
    files = MediaFiles(root)
    found: list[Row | Rejected] = []
    for row in rows:
        try:
            values = benchmark.values(row.values)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            why = f"{row.place} is no row of {benchmark.name} ({error}); correct it."
            found.append(Rejected(row.place, "bad value", why))
            continue
        if values is None:
            continue
        stems = values.pop("stems", ())
        if stems:
            values["film"], sound = files.find(stems)
            if values["film"] is None and benchmark.own_sound:
                values["reference"] = sound
            if not (values["film"] or values.get("reference")):
                why = f"{row.place}: there is no file {stems[0]}.* in {root}."
                found.append(Rejected(str(values["id"]), MISSING, why))
                continue
        found.append(Row(row.place, {**values, "names": stems}))
    return found, len(rows) - len(found)


def _manifest(
    path: Path,
    benchmark: Benchmark | None,
    rows: Sequence[Row | Rejected],
    rejected: Sequence[Rejected],
    notes: list[str],
    root: Path,
) -> Manifest:
    own_sound = benchmark is None or benchmark.own_sound
    clips: dict[str, Clip] = {}
    bad: list[Rejected] = []
    for found in _clips(rows, root, own_sound):
        if isinstance(found, Rejected):
            bad.append(found)
        elif (other := clips.get(found.id)) is not None:
            why = f"{found.place}: {other.place} has the id {found.id} too; rename one."
            bad.append(Rejected(f"{found.id} ({found.place})", "id used twice", why))
        else:
            clips[found.id] = found
    rejected = (*rejected, *bad)
    if not clips:
        raise InputError(_nothing(path, rejected))
    return Manifest(path, benchmark.name if benchmark else "", (*clips.values(),), rejected, (*notes,))


def _nothing(path: Path, rejected: Sequence[Rejected]) -> str:
    if not rejected:
        return f"--manifest {path} has no clip; give a table with rows, or a folder with films."
    return (
        f"--manifest {path}: there is no clip to judge among its {len(rejected)} rows. The first row: "
        f"{rejected[0].why}"
    )


def _clips(rows: Sequence[Row | Rejected], root: Path, own_sound: bool) -> Iterator[Clip | Rejected]:
    for row in rows:
        if isinstance(row, Rejected):
            yield row
            continue
        try:
            yield _clip(row, root, own_sound)
        except RowError as bad:
            yield Rejected(str(row.values.get("id") or row.place), bad.reason, f"{row.place}: {bad.why}.")


def _clip(row: Row, root: Path, own_sound: bool) -> Clip:
    values = row.values
    film, sound, reference = (
        path_of(values.get(name), name, root) for name in ("film", "sound", "reference")
    )
    named = film or sound or reference
    if named is None:
        raise RowError("no file", "it names neither a film nor a sound nor a reference; give one")
    start, seconds = (number_of(values.get(name), name) for name in ("start", "seconds"))
    if start is not None and start < 0:
        raise RowError("bad time", f"start = {start:g}; give 0 or more")
    if seconds is not None and seconds <= 0:
        raise RowError("bad time", f"seconds = {seconds:g}; give more than 0, or leave it out")
    named_by = next(values[name] for name in ("film", "sound", "reference") if values.get(name))
    own_id = unicode_text(Path(str(named_by)).with_suffix("").as_posix())
    return Clip(
        id=text_of(values.get("id"), "id", MAX_NAME) or (own_id if start is None else f"{own_id} {start:g}"),
        film=film,
        sound=sound,
        reference=reference,
        own_sound=own_sound,
        caption=caption_of(values.get("caption")),
        scenario=text_of(values.get("scenario"), "scenario", MAX_NAME),
        labels=_labels(values.get("labels")),
        start=start or 0.0,
        seconds=seconds,
        names=(*values.get("names", ()), named.stem),
        place=row.place,
    )


def _labels(value: Any) -> tuple[str, ...]:
    """A list, or text: JSON, or labels with semicolons between them."""
    if value is None or value == "":
        return ()
    try:
        if isinstance(value, str):
            value = json.loads(value) if value.lstrip().startswith("[") else value.split(SEPARATOR)
        if not isinstance(value, list) or len(value) > MAX_LABELS:
            raise ValueError
        return tuple(filter(None, (text_of(label, "label", MAX_NAME) for label in value)))
    except (ValueError, RecursionError) as error:
        if isinstance(error, RowError):
            raise
        why = f'labels = {str(value)[:200]!r}; write "first; second" or ["first", "second"]'
        raise RowError("bad value", why) from error
