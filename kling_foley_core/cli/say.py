"""What was made goes to standard output, one line each."""

from __future__ import annotations


def say(line: str) -> None:
    print(line)  # noqa: T201
