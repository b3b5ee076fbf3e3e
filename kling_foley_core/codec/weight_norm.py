"""Weight norm of vocoder files, folded into plain weights at load: w = g * v / ||v||, in float32.

The norm runs over all axes but the first, also for transposed convolutions, whose first axis is the input
channel (specification 7.2). Three spellings occur: `X.weight_g`/`X.weight_v`,
`X.parametrizations.weight.original0`/`original1` (g and v too), and `X.weight`, which is folded already.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ..errors import InputError

SPELLINGS = (
    ("weight_g", "weight_v"),
    ("parametrizations.weight.original0", "parametrizations.weight.original1"),
)


def fold_weight_norm(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Any of the three spellings -> plain `X.weight`; all other tensors stay as they are."""
    result = dict(state_dict)
    for g_name, v_name in SPELLINGS:
        for name in [n for n in result if n.endswith("." + g_name)]:
            layer = name[: -len(g_name)]
            if layer + v_name not in result:
                raise InputError(
                    f"{name} has no partner {layer + v_name}: the file is incomplete; download it again."
                )
            result[layer + "weight"] = _fold(result.pop(name), result.pop(layer + v_name))
    lonely = [n for n in result if n.endswith(tuple("." + v for _, v in SPELLINGS))]
    if lonely:
        raise InputError(
            f"{lonely[0]} has no partner with its magnitude: the file is incomplete; download it again."
        )
    return result


def _fold(g: Tensor, v: Tensor) -> Tensor:
    if v.is_meta:  # arithmetic on meta tensors makes torch import its compiler
        return torch.empty(g.expand(v.shape).shape, device="meta")
    v = v.float()
    norm = torch.linalg.vector_norm(v.flatten(1), dim=1).view(-1, *[1] * (v.ndim - 1))
    return g.float() * (v / norm)
