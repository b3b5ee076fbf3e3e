"""rows.js: the rows of the page's table, as data that its script shows as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from ....files.whole_file import whole_file
from ..check_table import check_rows
from ..curate import Curation

MOST = 20_000  # rows: browsers get slow beyond; check.csv has all
USED = "used"


def write_rows(path: Path, curation: Curation) -> int:
    """Returns how many there are; at most MOST are written."""
    rows = list(check_rows(curation))
    with whole_file(path) as draft:
        listed = [_row(row) for row in islice(rows, MOST)]
        # Older browsers take these two for line ends; "<" keeps </script> out of any copy of it.
        text = json.dumps(listed, ensure_ascii=True).replace("<", "\\u003c")
        draft.write_text(f"const ROWS = {text};\n", encoding="ascii")
    return len(rows)


def _row(row: Mapping[str, object]) -> list[str]:
    """id, reason or "used", why, split, class, seconds, caption."""
    reason = USED if row["used"] == "yes" else str(row["reason"])
    rest = (row.get(name, "") for name in ("why", "split", "kind", "seconds", "caption"))
    return [str(row["id"]), reason, *map(str, rest)]
