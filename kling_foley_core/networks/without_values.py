"""Networks built on the meta device: names, shapes and types of their weights, and no values.

torch draws initial values there too, in Python, and imports its compiler for it, which takes two seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

INITIALISING = {
    *("uniform_", "normal_", "trunc_normal_", "kaiming_uniform_", "kaiming_normal_", "xavier_uniform_"),
    *("xavier_normal_", "zeros_", "ones_", "constant_", "zero_", "fill_"),
}


class WithoutValues(TorchFunctionMode):
    """Within it, setting the initial values of a tensor on the meta device does nothing."""

    def __torch_function__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        tensor = args[0] if args else kwargs.get("tensor")
        name = getattr(func, "__name__", "")
        if name in INITIALISING and isinstance(tensor, Tensor) and tensor.is_meta:
            return tensor
        return func(*args, **kwargs)
