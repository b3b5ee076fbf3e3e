"""Prefixes that other programs put before every name, taken off: data-parallel training, hosts, single-
network files.
"""

from __future__ import annotations

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


def unwrap(named: dict[str, T]) -> tuple[dict[str, T], str]:
    """-> the same values under bare names, and the prefix that was taken off ("" if none)."""
    removed = ""
    while named:
        prefix = next((p for p in PREFIXES if all(name.startswith(p) for name in named)), None)
        if prefix is None:
            break
        named = {name[len(prefix) :]: value for name, value in named.items()}
        removed += prefix
    return named, removed
