"""Weights that a training begins with instead of random ones: fine-tuning, or a further round."""

from __future__ import annotations

from typing import Any, TypeVar

import torch
from torch import nn

from ..checkpoints import load_network
from ..errors import InputError
from .setting import Setting

Network = TypeVar("Network", bound=nn.Module)


def check_start(kind: str, setting: Setting) -> None:
    """InputError where `--start` was given without a network of this kind."""
    if setting.start and kind not in setting.start:
        held = ", ".join(setting.start)
        raise InputError(f"--start: the files hold {held}, but this part trains a {kind}; give its file too.")


def begun(network: Network, kind: str, setting: Setting) -> Network:
    """`network` with the weights of its kind from `--start`, if that was given, in its own number type.

    Raises InputError where the files hold no such network, or one of another size.
    """
    check_start(kind, setting)
    if not setting.start:
        return network
    given: Any = load_network(setting.start[kind], kind, dtype=torch.float32)
    if given.config != network.config:
        raise InputError(
            f"--start {setting.start[kind]}: its {kind} has other sizes ({given.config}) than the one that "
            f"is trained ({network.config}); give a file of the same preset."
        )
    network.load_state_dict(given.state_dict())
    return network
