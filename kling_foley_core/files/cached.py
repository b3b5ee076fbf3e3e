"""Reading what a cache folder holds: a damaged file is named, with what to do about it. Our choice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Around code that does nothing but read `path`, a file or folder that can be made again."""
    from safetensors import SafetensorError

    try:
        yield
    except InputError:
        raise
    # Everything that cut or overwritten JSON, tensors and memory maps raise.
    except (SafetensorError, OSError, ValueError, TypeError, LookupError, RuntimeError) as error:
        raise InputError(
            f"{path} is damaged ({error}): delete it and run the same command again, which makes it anew."
        ) from error
