"""What every kind of checkpoint answers: is it this, which config, which names and shapes belong to it, how
it is finished.

A state is a dict name -> tensor. For recognition the tensors live on the meta device (names, shapes and
types without data), for loading they are real; `canonical` and `config` work on both, so headers and weights
can't be judged differently. The expected names and shapes are those of the network itself, built on the meta
device: there are no key lists to keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ...networks.without_values import WithoutValues

State = dict[str, Tensor]


@dataclass(frozen=True)
class Kind:
    """One kind of network file; `name` is what `FileReport.kind` says."""

    name: str
    what: str  # for messages: "this looks like ..."
    matches: Callable[[State], bool]
    canonical: Callable[[State], State]  # drops the unused, renames the rest to the network's names
    config: Callable[[State], Any]  # of a canonical state
    variant: Callable[[Any], str]
    build: Callable[..., nn.Module]  # build(config, operations=, attention=, device=, dtype=)
    config_classes: tuple[type, ...]  # those that our own files may name
    convert: Callable[[State], State] = dict  # what needs the values of a public file: normalising
    check: Callable[[State], None] = lambda state: None  # refuses bad values
    beside: Callable[[Path, Any], dict[str, Any]] = lambda path, config: {}  # what else `build` wants
    notes: Callable[[State], tuple[str, ...]] = lambda state: ()  # of the whole file, names as they are

    def without_values(self, config: Any, **how: Any) -> nn.Module:
        """The network on the meta device."""
        with WithoutValues():
            return self.build(config, device="meta", **how)


def count(names: Iterable[str], start: str) -> int:
    """Number of distinct N in the names `<start>N...`."""
    return len({name[len(start) :].split(".")[0] for name in names if name.startswith(start)})


def without(state: State, *dropped: str) -> State:
    """The state without the names given, or beginning with one given that ends in a dot."""
    starts = tuple(d for d in dropped if d.endswith("."))
    return {k: v for k, v in state.items() if k not in dropped and not (starts and k.startswith(starts))}
