"""Names of published tensors to those of our modules. What fits no rule keeps its name, so that the check
against the network tells of it.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

State = dict[str, Tensor]


def below(state: State, prefix: str) -> State:
    """What begins with `prefix`, without it."""
    return {name[len(prefix) :]: tensor for name, tensor in state.items() if name.startswith(prefix)}


def renamed(state: State, pieces: Mapping[str, str]) -> State:
    """Each name with the pieces replaced that it holds, one after the other."""
    out: State = {}
    for name, tensor in state.items():
        for old, new in pieces.items():
            name = name.replace(old, new)
        out[name] = tensor
    return out


def joined(state: State, one: str, *pieces: str) -> State:
    """Tensors that differ in one piece of their names, as `one`: put together along their first side. A group
    of which a tensor is missing stays as it is."""
    out = dict(state)
    for name in state:
        group = [name.replace(pieces[0], piece) for piece in pieces]
        if pieces[0] in name and all(n in state for n in group):
            out[name.replace(pieces[0], one)] = torch.cat([out.pop(n) for n in group])
    return out
