"""Every tensor of a part against the network that its config builds: nothing missing, nothing unexpected,
all shapes right.
"""

from __future__ import annotations

import re

import torch

from ..errors import InputError
from .catalogue import advice
from .kinds.kind import State
from .parts import Part
from .strangers import stranger

SHOWN = 4  # names quoted in a message


def check(part: Part, file: str) -> None:
    """InputError unless the part's state would load strictly into its network."""
    expected = part.kind.build(part.config, device="meta").state_dict()
    missing = [name for name in expected if name not in part.state]
    unexpected = [name for name in part.state if name not in expected]
    wrong = [
        f"{name} {list(part.state[name].shape)} instead of {list(tensor.shape)}"
        for name, tensor in expected.items()
        if name in part.state and part.state[name].shape != tensor.shape
    ]
    whole = [n for n in expected if n in part.state and not _fits(part.state[n], expected[n])]
    faults = [
        f"{len(names)} {word} ({', '.join(names[:SHOWN])}{', ...' if len(names) > SHOWN else ''})"
        for word, names in (
            ("missing", missing),
            ("unexpected", unexpected),
            ("of the wrong shape", wrong),
            ("stored as whole numbers", whole),
        )
        if names
    ]
    if faults:
        raise InputError(
            f"{file} looks like {part.kind.what} ({part.kind.variant(part.config)}), but of its "
            f"{len(part.state)} tensors "
            f"not all fit: {'; '.join(faults)}. "
            f"{_hint(part.state, file)}{advice(part.kind.name, part.kind.variant(part.config))}"
        )


def _fits(found: torch.Tensor, expected: torch.Tensor) -> bool:
    return found.is_floating_point() or not expected.is_floating_point()


def _hint(state: State, file: str) -> str:
    other = stranger(state)
    if other is not None:
        return f"It may be {other.what}. {other.remedy} "
    if re.search(r"-\d{5}-of-\d{5}\.", file):
        return "It is one piece of a model cut into several files; give the single-file version. "
    return ""
