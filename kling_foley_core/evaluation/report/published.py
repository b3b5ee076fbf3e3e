"""What papers printed for the measures that go by the same networks here.

published.json holds a table a source: clips, source, address, methods -> {measure: value}. Measures have our
names and units (IB-score is the cosine times 100; two of the sources print it as it is). Left out are
columns whose network the source doesn't name (KL, IS and CLAP of HunyuanVideo-Foley), and SDR and MCD of
Kling-Foley's table 2: how they are taken of a generated sound is not said.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files


@dataclass(frozen=True)
class Published:
    """One table. `clips`: what was judged there."""

    clips: str
    source: str
    address: str
    methods: Mapping[str, Mapping[str, Decimal]]  # with the digits that were printed

    def of(self, names: Collection[str]) -> Published | None:
        """Only these measures and the methods that have one; None where nothing is left."""
        methods = {
            method: {name: value for name, value in values.items() if name in names}
            for method, values in self.methods.items()
        }
        kept = {method: values for method, values in methods.items() if values}
        return Published(self.clips, self.source, self.address, kept) if kept else None


def published(names: Collection[str]) -> list[Published]:
    """The tables that say anything about these measures."""
    text = files(__package__).joinpath("published.json").read_text(encoding="utf-8")
    tables = [
        Published(**table).of(names) for table in json.loads(text, parse_float=Decimal, parse_int=Decimal)
    ]
    return [table for table in tables if table is not None]
