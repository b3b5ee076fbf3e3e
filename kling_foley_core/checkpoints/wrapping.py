"""Prefixes that other programs put before every name, taken off: data-parallel training, hosts, trainers,
single-network files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# In this order, each as often as it fits all names. `module.`: DistributedDataParallel; the next two: what
# ComfyUI's save nodes write; the others: wrappers of training code.
PREFIXES = (
    "module.",
    "model.diffusion_model.",
    "diffusion_model.",
    "generator.",
    "state_dict.",
    "_orig_mod.",
)
# Trainers' words, which other models' own names begin with as well: taken off where a network of ours is
# behind them.
TRAINERS = ("model.", "ema_model.", "ema.", "network.", "net.", "_forward_module.")


def unwrap(named: dict[str, T], known: Callable[[dict[str, T]], bool]) -> tuple[dict[str, T], str]:
    """-> the same values under bare names, and the prefix that was taken off ("" if none). `known`: whether
    these are the names of a network that this pack reads."""
    bare, removed = _without(named, PREFIXES)
    inner, more = _without(bare, PREFIXES + TRAINERS)
    return (inner, removed + more) if more and known(inner) else (bare, removed)


def _without(named: dict[str, T], prefixes: tuple[str, ...]) -> tuple[dict[str, T], str]:
    removed = ""
    while named:
        prefix = next((p for p in prefixes if all(name.startswith(p) for name in named)), None)
        if prefix is None:
            break
        named = {name[len(prefix) :]: value for name, value in named.items()}
        removed += prefix
    return named, removed
