"""Every tensor of a part against the network that its config builds: nothing missing, nothing unexpected,
all shapes right.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch

from ..errors import InputError
from .catalogue import advice
from .kinds.kind import Kind, State
from .parts import Part, first_line, piece_of
from .strangers import stranger

SHOWN = 4  # names quoted in a message


@lru_cache(maxsize=32)  # a folder is scanned, then its files are loaded: each judged more than once
def expected_state(kind: Kind, config: Any, dtype: torch.dtype | None = None, **half: bool) -> State:
    """The state dict of the network that the config builds, without data; shared, so not to be changed."""
    return kind.without_values(config, dtype=dtype, **half).state_dict()


def check(part: Part, file: str) -> None:
    """InputError unless the part's state would load strictly into its network."""
    variant = part.kind.variant(part.config)
    try:
        expected = expected_state(part.kind, part.config)
    except (ValueError, TypeError, RuntimeError, ArithmeticError) as error:
        raise InputError(
            f"{file} looks like {part.kind.what} ({variant}) of sizes that can't be: {first_line(error)} "
            f"{advice(part.kind.name)}"
        ) from error
    wrong = faults(part.state, expected)
    if wrong:
        raise InputError(
            f"{file} looks like {part.kind.what} ({variant}), but of its {len(part.state)} tensors not all "
            f"fit: {'; '.join(wrong)}. {_hint(part.state, file)}{advice(part.kind.name, variant)}"
        )


def faults(state: State, expected: State) -> list[str]:
    """What keeps the state from loading strictly, in words, with the first few names of each sort."""
    both = [name for name in expected if name in state]
    sorts = {
        "missing": [n for n in expected if n not in state],
        "unexpected": [n for n in state if n not in expected],
        "of the wrong shape": [
            f"{n} {list(state[n].shape)} instead of {list(expected[n].shape)}"
            for n in both
            if state[n].shape != expected[n].shape
        ],
        "stored as whole numbers": [
            n for n in both if expected[n].is_floating_point() and not state[n].is_floating_point()
        ],
    }
    return [
        f"{len(names)} {sort} ({', '.join(names[:SHOWN])}{', ...' if len(names) > SHOWN else ''})"
        for sort, names in sorts.items()
        if names
    ]


def _hint(state: State, file: str) -> str:
    other = stranger(state)
    if other is not None:
        return f"It may be {other.what}. {other.remedy} "
    return piece_of(file)
