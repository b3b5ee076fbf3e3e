"""Weights that a training begins with instead of random ones: fine-tuning, or a further round."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import torch
from torch import nn

from ..checkpoints import load_network
from ..errors import InputError
from .command import Setting

Network = TypeVar("Network", bound=nn.Module)
SINCE = "countdown_rows", "beyond"  # what older files of the same preset have not got


def begun(network: Network, kind: str, setting: Setting) -> Network:
    """`network` with the weights of its kind from `--start`, if that was given, in its own number type.

    Raises InputError where the files hold no such network, or one of another size.
    """
    if not setting.start:
        return network
    if kind not in setting.start:
        held = ", ".join(setting.start)
        raise InputError(f"--start: the files hold {held}, but this part trains a {kind}; give its file too.")
    given: Any = load_network(setting.start[kind], kind, dtype=torch.float32)
    if given.config != _as_old_as(given.config, network.config):
        raise InputError(
            f"--start {setting.start[kind]}: its {kind} has other sizes ({given.config}) than the one that "
            f"is trained ({network.config}); give a file of the same preset."
        )
    network.load_state_dict({**network.state_dict(), **given.state_dict()})
    return network


def _as_old_as(given: Any, config: Any) -> Any:
    """`config` without what the preset had not got yet when `given` was written; a new table begins as the
    untrained network has it."""
    return replace(config, **{name: None for name in SINCE if getattr(given, name, ...) is None})
