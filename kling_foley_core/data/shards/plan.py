"""plan.json: which samples a set of shards has, written before the first of them, so that every process and
every later run cuts the same list into the same shards, and a reader knows when all are there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...files.whole_file import whole_file

NAME = "plan.json"


@dataclass(frozen=True)
class Plan:
    """Shard k has the samples k * shard_size to (k + 1) * shard_size of the list. `digest`: changes with the
    list."""

    samples: int
    shard_size: int
    digest: str

    @property
    def shards(self) -> int:
        return -(-self.samples // self.shard_size)

    def samples_of(self, shard: int) -> range:
        first = shard * self.shard_size
        return range(first, min(first + self.shard_size, self.samples))


def plan_of(words: Iterable[Any], shard_size: int) -> Plan:
    """`words`: what each sample is made from, as JSON. Raises InputError for an empty list."""
    if shard_size < 1:
        raise InputError(f"--shard-size {shard_size}: a shard has 1 sample or more.")
    digest, count = hashlib.sha256(), 0
    for item in words:
        count += 1
        digest.update(json.dumps(item, sort_keys=True).encode() + b"\n")
    if not count:
        raise InputError("there is nothing to extract: the list of samples is empty.")
    return Plan(count, shard_size, digest.hexdigest()[:16])


def write_plan(folder: Path, plan: Plan) -> None:
    """Raises InputError where the folder was begun with another list."""
    path = folder / NAME
    if not path.exists():
        with whole_file(path) as draft:
            draft.write_text(json.dumps(asdict(plan)) + "\n", encoding="utf-8")
    held = read_plan(folder)
    if held != plan:
        raise InputError(
            f"--out {folder} was begun with another list ({held.samples} samples in shards of "
            f"{held.shard_size}, list {held.digest}; now {plan.samples} in shards of {plan.shard_size}, list "
            f"{plan.digest}); choose another folder."
        )


def read_plan(folder: Path) -> Plan | None:
    """None where there is none: shards that were not made from a list."""
    path = folder / NAME
    try:
        return Plan(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path} is damaged ({error}); delete the folder and extract again.") from error
