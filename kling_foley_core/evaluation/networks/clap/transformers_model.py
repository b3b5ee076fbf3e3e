"""A network of the transformers package, filled with tensors under that package's published names.

The package's own loader is given the tensors, so names that a later version changes are changed by it.
Nothing is read from any folder and nothing from the net.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ....errors import InputError

SHOWN = 4  # names quoted in a message


def transformers_model(name: str, sizes: dict[str, Any], state: dict[str, Tensor], path: Path) -> nn.Module:
    """`name` "GPT2": GPT2Model with a GPT2Config of `sizes`; float32, in eval mode, without gradients."""
    try:
        import transformers
    except ImportError as error:
        raise InputError(
            f"{path} needs the transformers package ({error}): pip install kling-foley[evaluate]."
        ) from error
    config = getattr(transformers, f"{name}Config")(**sizes)
    state = {name: t.float() if t.is_floating_point() else t for name, t in state.items()}
    try:
        with _without_bar(transformers.utils.logging):
            network, told = getattr(transformers, f"{name}Model").from_pretrained(
                None, config=config, state_dict=state, output_loading_info=True
            )
    except (RuntimeError, ValueError, TypeError, LookupError) as error:  # what unfit tensors raise there
        reason = str(error).strip().split("\n")[0]
        raise InputError(f"{path}: its tensors don't fit {name} ({reason}).") from error
    for sort in ("missing", "unexpected"):
        names = sorted(told[f"{sort}_keys"])
        if names:
            shown = ", ".join(names[:SHOWN])
            raise InputError(f"{path}: {len(names)} tensors of {name} are {sort} ({shown}).")
    return network.requires_grad_(False).eval()


@contextmanager
def _without_bar(logging: Any) -> Iterator[None]:
    """The package shows how far it has loaded, on the terminal of whoever uses it."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
