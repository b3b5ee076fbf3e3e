"""Models of the transformers package with the layers of a host in place of torch.nn's.

transformers builds its models from torch.nn. A host such as ComfyUI needs every weight in a layer of its own
(which casts the weight to the input's type and device at use, and may keep it elsewhere until then), so the
layers are swapped after construction: same places, same parameter names, same shapes. Only public models,
configs and the layers' own attributes are relied on, since transformers rearranges the rest between releases.
Our choice: the paper says nothing of hosts.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import InputError

COMPUTING_TYPES = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


def build_model(
    make: Callable[[], nn.Module],
    operations: Any,
    device: torch.device | str | None,
    dtype: torch.dtype | None,
) -> nn.Module:
    """`make()` with the layers of `operations`; with torch.nn it keeps transformers' initial weights."""
    if operations is torch.nn:
        with nullcontext() if device is None else torch.device(device):
            model = _made(make)
        model = model if dtype is None else model.to(dtype)
    else:
        with torch.device("meta"):  # a skeleton without memory: all of its weights are replaced
            model = _made(make)
        use_operations(model, operations, device=device, dtype=dtype)
    for module in model.modules():
        # Made on the meta device, the position numbers would stay there after load_state_dict: our encoders
        # pass their own.
        if "position_ids" in module._buffers:
            module.position_ids = None
    return model


def _made(make: Callable[[], nn.Module]) -> nn.Module:
    """`make()`; where transformers can't be imported, an error that names the most common cause.

    It imports torchaudio whenever that is installed, and one made for another torch or CUDA raises: an
    update of torch alone leaves such a pair behind.
    """
    try:
        return make()
    except (ImportError, OSError, RuntimeError) as error:
        if importlib.util.find_spec("torchaudio") is None:
            raise
        try:
            import torchaudio  # noqa: F401
        except Exception as cause:
            raise InputError(
                f"the installed torchaudio does not work with torch {torch.__version__} ({cause}), and "
                "transformers can't be used beside it. Install the torchaudio that belongs to this torch, or "
                "remove it, since nothing here needs it: pip uninstall torchaudio."
            ) from error
        raise


def use_operations(
    model: nn.Module,
    operations: Any,
    *,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> None:
    """Swaps each layer of `model` for the class of the same name in `operations`, on `device`, in `dtype`.

    The new weights wait for a checkpoint. Parameters outside of such layers get room on `device`, in `dtype`;
    who uses them casts them.
    """
    if operations is torch.nn:
        return
    place = {"device": device, "dtype": dtype}
    swapped: dict[nn.Module, nn.Module] = {}  # a layer that is used in two places stays one layer
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if layer not in swapped:
                swapped[layer] = _host_layer(layer, operations, place)
            setattr(parent, name, swapped[layer])
    hosted = {id(layer) for old, layer in swapped.items() if layer is not old}
    for module in model.modules():
        if id(module) in hosted:
            continue
        for name, parameter in list(module.named_parameters(recurse=False)):
            setattr(module, name, nn.Parameter(torch.empty(parameter.shape, **place)))


def _host_layer(layer: nn.Module, operations: Any, place: dict[str, Any]) -> nn.Module:
    """The host's layer of the same shape, or `layer` itself where it is no layer with weights."""
    kind = type(layer)
    if kind is nn.Linear:
        has_bias = layer.bias is not None
        return operations.Linear(layer.in_features, layer.out_features, bias=has_bias, **place)
    if kind is nn.Conv2d:
        return operations.Conv2d(
            layer.in_channels,
            layer.out_channels,
            layer.kernel_size,
            stride=layer.stride,
            padding=layer.padding,
            bias=layer.bias is not None,
            **place,
        )
    if kind is nn.LayerNorm:
        return operations.LayerNorm(layer.normalized_shape, eps=layer.eps, **place)
    if kind is nn.Embedding:
        return operations.Embedding(layer.num_embeddings, layer.embedding_dim, **place)
    if _is_rms_norm(layer):
        return operations.RMSNorm(tuple(layer.weight.shape), eps=layer.variance_epsilon, **place)
    return layer


def _is_rms_norm(layer: nn.Module) -> bool:
    """T5's norm, known by what it holds: one weight vector and `variance_epsilon`.

    It casts its result to the type of its weight, which would make half-precision storage decide the type of
    computing.
    """
    return hasattr(layer, "variance_epsilon") and [n for n, _ in layer.named_parameters()] == ["weight"]


def computing_place(
    weight: Tensor, device: torch.device | str | None, dtype: torch.dtype | None
) -> tuple[torch.device, torch.dtype]:
    """Where and in which type to compute: as asked, else as the weights are (float32 if those are 8 bits
    wide).

    A host whose layers cast at use asks; torch.nn's layers can only compute in the place and type of their
    weights.
    """
    stored = weight.dtype if weight.dtype in COMPUTING_TYPES else torch.float32
    return torch.device(weight.device if device is None else device), dtype or stored
