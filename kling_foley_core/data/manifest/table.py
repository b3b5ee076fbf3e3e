"""The rows of a table: CSV (commas, semicolons or tabs; a header in its first row) or JSON lines, in
UTF-8."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from ...errors import InputError
from ...limits import MAX_MANIFEST, MAX_MANIFEST_LINE, MAX_MANIFEST_ROWS
from .clip import Rejected
from .public import VGGSOUND_COLUMNS, is_vggsound

CSV, JSON_LINES = (".csv", ".tsv", ".txt"), (".jsonl", ".ndjson")
SEPARATORS = ",;\t"
BOM = "\ufeff"
NO_UTF8 = range(0xDC80, 0xDD00)  # what `surrogateescape` makes of bytes that are no UTF-8


@dataclass(frozen=True)
class Row:
    """`place`: where it stands. `values`: column -> text, or what JSON holds."""

    place: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Table:
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    rejected: tuple[Rejected, ...]


def read_table(path: Path) -> Table:
    """Rows that can't be read are rejected by their line. Raises InputError where the file as a whole is no
    table."""
    size = path.stat().st_size
    if size > MAX_MANIFEST:
        raise InputError(
            f"{path} has {size} bytes, at most {MAX_MANIFEST} are read; divide it into several manifests."
        )
    with path.open("rb") as file:
        first = file.read(4)
    if first[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in first:
        raise InputError(f"{path} is no UTF-8 text; save it as UTF-8.")
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        if path.suffix.lower() in JSON_LINES:
            return _table(None, _json_rows(_lines(file, path), path))
        rows = _csv_rows(_lines(file, path), path)
        return _with_header(rows, path)


def _with_header(rows: Iterator[tuple[str, Any]], path: Path) -> Table:
    place, first = next(rows, ("", None))
    if first is None:
        raise InputError(f"{path} is empty; its first row should name the columns, such as id,video,caption.")
    if isinstance(first, Rejected):
        raise InputError(f"{path}: the header can't be read: {first.why}")
    if is_vggsound(first):
        return _table(VGGSOUND_COLUMNS, _chained((place, first), rows))
    header = tuple(cell.strip() for cell in first)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InputError(f"{path}: its header has {', '.join(twice)} more than once; rename one.")
    return _table(header, rows)


def _chained(first: tuple[str, Any], rest: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    yield first
    yield from rest


def _table(header: tuple[str, ...] | None, found: Iterator[tuple[str, Any]]) -> Table:
    """`header` None: the names are in the rows."""
    rows: list[Row] = []
    rejected: list[Rejected] = []
    names: dict[str, None] = dict.fromkeys(header or ())
    for place, row in found:
        if not isinstance(row, Rejected) and header and len(row) != len(header):
            row = unreadable(place, f"it has {len(row)} cells and the header {len(header)}")
        if isinstance(row, Rejected):
            rejected.append(row)
            continue
        values = dict(zip(header, row, strict=True)) if header else row
        names.update(dict.fromkeys(values))
        rows.append(Row(place, values))
        if len(rows) > MAX_MANIFEST_ROWS:
            raise InputError(
                f"{place}: at most {MAX_MANIFEST_ROWS} rows are read; divide it into several manifests."
            )
    return Table(tuple(names), tuple(rows), tuple(rejected))


def unreadable(place: str, why: str) -> Rejected:
    return Rejected(place, "unreadable row", f"{place} can't be read ({why}); correct it.")


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    number = 0
    while line := file.readline(MAX_MANIFEST_LINE + 1):
        number += 1
        if len(line) > MAX_MANIFEST_LINE:
            raise InputError(
                f"{path} line {number} has more than {MAX_MANIFEST_LINE} characters; give a table of a row "
                "a clip."
            )
        yield line.removeprefix(BOM) if number == 1 else line


def _csv_rows(lines: Iterator[str], path: Path) -> Iterator[tuple[str, Any]]:
    """(place, cells or Rejected)."""
    first = next(lines, "")
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(_chained_lines(first, lines), delimiter=separator, strict=True)
    read = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            place = _place(path, read + 1, reader.line_num)
            yield place, unreadable(place, str(error))
        else:
            if cells is None:
                return
            place = _place(path, read + 1, reader.line_num)
            if any(cell.strip() for cell in cells):
                yield place, _not_utf8(place, "".join(cells)) or cells
        read = reader.line_num


def _chained_lines(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _place(path: Path, first: int, last: int) -> str:
    return f"{path.name} line {first}" if last <= first else f"{path.name} lines {first} to {last}"


def _json_rows(lines: Iterator[str], path: Path) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(lines, 1):
        place = f"{path.name} line {number}"
        if line.strip():
            yield place, _not_utf8(place, line) or _json_row(place, line)


def _json_row(place: str, line: str) -> dict[str, Any] | Rejected:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return unreadable(place, f"it is no JSON: {error}")
    if not isinstance(row, dict):
        return unreadable(place, 'an object such as {"id": "a", "video": "a.mp4"} is needed')
    return row


def _not_utf8(place: str, text: str) -> Rejected | None:
    wrong = next((char for char in text if ord(char) in NO_UTF8), None)
    if wrong is None:
        return None
    why = f"{place} is no UTF-8 text (byte {ord(wrong) - 0xDC00:#x}); save the file as UTF-8."
    return Rejected(place, "not UTF-8", why)
