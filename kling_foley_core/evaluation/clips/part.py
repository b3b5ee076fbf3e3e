"""How the work on a list is divided among machines and processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from ...errors import InputError

Item = TypeVar("Item")
MOST_WORKERS = 64  # processes of one machine


@dataclass(frozen=True)
class Part:
    """Part `number` of `count`, from 1: every `count`-th item."""

    number: int
    count: int

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        return items[self.number - 1 :: self.count]


def part_of(text: str) -> Part:
    """ "2/4". InputError for what is none."""
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise InputError(f"--part {text}: write K/N, such as 1/4 for the first of 4 parts.")
    return Part(int(number), int(count))
