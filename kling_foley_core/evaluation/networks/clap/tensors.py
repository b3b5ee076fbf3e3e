"""A CLAP file's tensors, taken apart: those behind a prefix, and which of them a part can't do without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ....errors import InputError
from ..weights import State


def below(state: State, prefix: str) -> State:
    return {name[len(prefix) :]: tensor for name, tensor in state.items() if name.startswith(prefix)}


@contextmanager
def taken_from(path: Path, heading: str) -> Iterator[None]:
    """A tensor that is absent, or of a shape that can't be, is the file's fault and told as such."""
    try:
        yield
    except (KeyError, IndexError, ValueError) as error:
        reason = f"tensor {error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{path} looks like {heading}, but {reason}; get the file again.") from error
