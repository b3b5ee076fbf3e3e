"""A published file's tensors into a feature network, strictly: nothing missing, nothing unexpected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from ...checkpoints.compare import faults
from ...checkpoints.header import read_header
from ...checkpoints.load import stored
from ...errors import InputError
from ...networks.without_values import WithoutValues

State = dict[str, Tensor]
Shapes = Mapping[str, tuple[int, ...]]  # of a file's tensors, by their names
Network = TypeVar("Network", bound=nn.Module)


def read_state(path: Path) -> State:
    """Every tensor under the file's own names, mapped from it. No code of the file is run."""
    return stored(read_header(path))[0]


def filled(
    build: Callable[[], Network], state: State, path: Path, heading: str, device: torch.device | str = "cpu"
) -> Network:
    """The network that `build` makes, with the state's values in float32, in eval mode, without gradients.
    `heading` is what a message calls the network."""
    try:
        with WithoutValues(), torch.device("meta"):
            network = build()
    except (LookupError, ValueError, TypeError, RuntimeError, ArithmeticError) as error:
        raise InputError(f"{path} looks like {heading} of sizes that can't be ({error}).") from error
    wrong = faults(state, network.state_dict())
    if wrong:
        raise InputError(f"{path} looks like {heading}, but not all of its tensors fit: {'; '.join(wrong)}.")
    state = {n: t.float() if t.is_floating_point() else t for n, t in state.items()}
    network.load_state_dict(state, strict=True, assign=True)
    return network.requires_grad_(False).eval().to(device)
