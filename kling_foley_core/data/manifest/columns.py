"""The columns of a table under our names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...errors import InputError
from .public import LISTS, public_list
from .row import COLUMNS
from .table import Row, Table

OTHER_SPELLINGS = {"license": "licence"}
OF_LISTS = frozenset(name for known in LISTS for name in known.columns + known.others)


def renamed(table: Table, columns: Mapping[str, str], path: Path) -> tuple[Table, tuple[str, ...]]:
    """The table with our columns alone, and a note of those that nothing is read from. `columns`: our name
    -> the file's, where they differ; a column whose own name is given to another one is not used."""
    _check_mapping(table, columns, path)
    names = {name: OTHER_SPELLINGS.get(name, name) for name in table.header}
    names = {theirs: ours for theirs, ours in names.items() if ours not in columns}
    names |= {theirs: ours for ours, theirs in columns.items()}
    public = public_list(tuple(names.values()))
    known = {*public.columns, *public.others} if public else {*COLUMNS}
    used = {theirs: ours for theirs, ours in names.items() if ours in known}
    if not public and not {"video", "audio"} & {*used.values()}:
        raise InputError(
            f"{path} has neither a column video nor audio (it has {', '.join(table.header) or 'none'}); "
            "rename one, or give --columns video=NAME."
        )
    unused = [name for name in table.header if name not in used]
    notes = (f"{path}: nothing is read from {', '.join(unused)}; --columns OURS=THEIRS maps columns.",)
    rows = tuple(Row(r.place, {used[n]: v for n, v in r.values.items() if n in used}) for r in table.rows)
    return Table(tuple(used.values()), rows, table.rejected), notes if unused else ()


def _check_mapping(table: Table, columns: Mapping[str, str], path: Path) -> None:
    for ours, theirs in columns.items():
        if ours not in OF_LISTS | {*COLUMNS}:
            raise InputError(
                f"--columns {ours}={theirs}: there is no column {ours}; choose {', '.join(COLUMNS)}."
            )
        if theirs not in table.header:
            raise InputError(
                f"--columns {ours}={theirs}: {path} has no column {theirs}; it has {', '.join(table.header)}."
            )
