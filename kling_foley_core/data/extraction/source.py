"""Where raw samples come from: a numbered list, each made when it is asked for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from ..shards import Sample
from .stages import Stages


class Source(Protocol):
    """`name`: for people, in the shards' header. `arrays`: those that its samples may have."""

    name: str
    arrays: tuple[str, ...]
    captioned: bool  # whether any sample has a caption

    def __len__(self) -> int: ...

    def identity(self, index: int) -> str: ...

    def words(self, index: int) -> Any:
        """What the sample is made from, as JSON: part of the plan's digest."""

    def sample(self, index: int, arrays: Collection[str], stages: Stages) -> Sample:
        """The sample with those of `arrays` that it has. Raises InputError where it can't be read."""
