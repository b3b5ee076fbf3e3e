"""`--set run.steps=100`: changes of single fields, made in a recipe's text, so that the copy beside the
weights says what was trained."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import InputError

PLAIN = re.compile(r"""^(true|false|[-+]?[\d.][\d._eE+-]*|["'\[{].*)$""")  # else it is a word, to be quoted


def changed(text: str, changes: Sequence[str]) -> str:
    """`changes`: "table.field=value", or "field=value" above all tables; a field of [[tables]] is changed in
    all of them. Raises InputError where the recipe has no such field."""
    for change in changes:
        name, equals, value = (part.strip() for part in change.partition("="))
        if not equals or not value:
            raise InputError(f"--set {change}: write it as table.field=value, such as run.steps=100.")
        text = _replaced(text, name, value if PLAIN.match(value) else f'"{value}"', change)
    return text


def _replaced(text: str, name: str, value: str, change: str) -> str:
    wanted, _, field = name.rpartition(".")
    lines, table, found, known = [], "", False, []
    for line in text.splitlines(keepends=True):
        if head := re.match(r"\s*\[+\s*([^\]\s]+)\s*\]+", line):
            table = head[1]
        elif pair := re.match(r"(\s*([\w-]+)\s*=\s*)", line):
            known.append(f"{table}.{pair[2]}".lstrip("."))
            if (table, pair[2]) == (wanted, field):
                line, found = f"{pair[1]}{value}{_comment(line)}", True
        lines.append(line)
    if not found:
        fields = ", ".join(dict.fromkeys(known))
        raise InputError(f"--set {change}: the recipe has no {name}; it has {fields}.")
    return "".join(lines)


def _comment(line: str) -> str:
    """What follows the value, with the line's end."""
    rest = re.sub(r""""[^"]*"|'[^']*'""", lambda quoted: "x" * len(quoted[0]), line)
    at = rest.find("#")
    return "\n" if at < 0 else "   " + line[at:]
