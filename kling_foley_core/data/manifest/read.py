"""Reads a manifest: a table (CSV or JSON lines), a public list or a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ...errors import InputError
from ..splits import HELD_OUT, TRAIN, split_of, split_share
from .clip import Clip, Manifest, Rejected
from .columns import renamed
from .folder import read_folder
from .media_files import MediaFiles
from .public import PublicList, public_list, split_in_name
from .row import RowError, clip_of
from .table import CSV, JSON_LINES, Row, Table, read_table

MISSING = "missing file"
NAMED = 5  # missing files that a note names


def read_manifest(path: Path, columns: Mapping[str, str], root: Path | None = None) -> Manifest:
    """`columns`: our name of a column (or a public list's) -> its name in the file, where they differ.
    `root`: the folder that relative paths begin in; None: the manifest's own. No film or sound is opened.
    Raises InputError where nothing is usable."""
    path = Path(path)
    table, notes = _read(path, columns, root)
    root = path if path.is_dir() else root or path.parent
    public = public_list(table.header)
    rows = _public_rows(public, table.rows, MediaFiles(root)) if public else table.rows
    clips, rejected = _clips(rows, root)
    rejected = (*table.rejected, *rejected)
    if not clips:
        raise InputError(_nothing_usable(path, rejected))
    notes = (*notes, *_missing_note(path, public, rejected))
    if public and (said := split_in_name(path.stem)):
        clips = [clip if clip.split else replace(clip, split=said) for clip in clips]
    return Manifest(path, with_splits(clips, root), rejected, notes)


def with_splits(clips: Sequence[Clip], root: Path) -> tuple[Clip, ...]:
    """Clips without a split get one: train where others say theirs, else a tenth of the files is held out, by
    a hash of their paths below `root`, so that all clips of a film are on one side; one file at least of two
    or more (our choice: without one there is nothing to measure)."""
    if any(clip.split for clip in clips):
        return tuple(clip if clip.split else replace(clip, split=TRAIN) for clip in clips)
    files = [_below(clip.video or clip.sound, root) for clip in clips]
    held_out = {file for file in files if split_of(file) == HELD_OUT}
    if not held_out and len({*files}) > 1:
        held_out = {min(files, key=split_share)}
    return tuple(
        replace(clip, split=HELD_OUT if file in held_out else TRAIN)
        for clip, file in zip(clips, files, strict=True)
    )


def _below(path: Path, root: Path) -> str:
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _read(path: Path, columns: Mapping[str, str], root: Path | None) -> tuple[Table, tuple[str, ...]]:
    """The rows under our names, and notes."""
    if path.is_dir():
        if columns or root:
            raise InputError(f"{path} is a folder of clips: leave --columns and --root out.")
        return read_folder(path)
    kinds = ", ".join(CSV + JSON_LINES)
    if not path.is_file():
        raise InputError(f"{path} isn't there; give a manifest ({kinds}) or a folder of clips.")
    if path.suffix.lower() not in CSV + JSON_LINES:
        raise InputError(f"{path} is no manifest by its name; give a table ({kinds}) or a folder of clips.")
    if root is not None and not root.is_dir():
        raise InputError(f"--root {root} is no folder; give the one that the manifest's paths begin in.")
    return renamed(read_table(path), columns, path)


def _public_rows(public: PublicList, rows: Iterable[Row], files: MediaFiles) -> Iterator[Row | Rejected]:
    for row in rows:
        try:
            found = list(public.rows(row.values))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            why = f"{row.place} is no row of {public.name} ({error}); correct it."
            yield Rejected(row.place, "bad value", why)
            continue
        for values in found:
            if stems := values.pop("stems", None):
                values["video"], values["audio"] = files.find(stems)
                if not (values["video"] or values["audio"]):
                    yield Rejected(values["id"], MISSING, f"{row.place}: there is no file {stems[0]}.*.")
                    continue
            yield Row(row.place, values)


def _clips(rows: Iterable[Row | Rejected], root: Path) -> tuple[list[Clip], list[Rejected]]:
    clips: dict[str, Clip] = {}
    rejected: list[Rejected] = []
    for row in rows:
        if isinstance(row, Rejected):
            rejected.append(row)
            continue
        try:
            clip = clip_of(row, root)
            if (other := clips.get(clip.id)) is not None:
                raise RowError("id used twice", f"{other.place} has the id {clip.id} too; rename one")
            clips[clip.id] = clip
        except RowError as bad:
            identity = str(row.values.get("id") or row.place)
            rejected.append(Rejected(identity, bad.reason, f"{row.place}: {bad.why}."))
    return list(clips.values()), rejected


def _missing_note(path: Path, public: PublicList | None, rejected: Sequence[Rejected]) -> tuple[str, ...]:
    """Of a public list it is usual that files are missing, of one's own manifest it is a mistake."""
    missing = [r for r in rejected if r.reason == MISSING]
    if not missing:
        return ()
    if public:
        return (f"{path} ({public.name}): {len(missing)} of its files aren't there, as is usual.",)
    names = ", ".join(r.id for r in missing[:NAMED])
    more = ", ..." if len(missing) > NAMED else ""
    return (f"{path}: missing files: {len(missing)} ({names}{more}); correct their paths or --root.",)


def _nothing_usable(path: Path, rejected: Sequence[Rejected]) -> str:
    if not rejected:
        return f"{path} has no clips; give a manifest with rows, or a folder with films or sounds."
    reasons = Counter(r.reason for r in rejected)
    said = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return f"{path}: none of its {len(rejected)} rows can be used ({said}). The first: {rejected[0].why}"
