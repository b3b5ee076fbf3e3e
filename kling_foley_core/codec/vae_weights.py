"""The weight normalisation of the magnitude-preserving VAE: once, in float32, on the raw tensors of the file.

For each output channel of each convolution, with n = inputs * kernel values: w / (1e-4 * sqrt(n) + ||w||_2),
so a row's norm becomes 1 (specification 1.2 and 6.2). A second pass would shrink rows by up to 1 %, so files
are looked at first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

TOLERANCE = 0.01  # a normalised row's norm is 1 / (1 + 1e-4 * sqrt(n)) at least: within 1 % up to n = 10 000


def _row_axis(name: str) -> int:
    """Output channels are a convolution's first axis, a transposed convolution's second."""
    return 1 if name.endswith(".transposed.weight") else 0


def _rows(name: str, weight: Tensor) -> Tensor:
    return weight.float().movedim(_row_axis(name), 0).flatten(1)


def _convolutions(state_dict: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    return ((name, w) for name, w in state_dict.items() if name.endswith(".weight") and w.ndim == 3)


def normalise_weights(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Raw tensors -> the same names with normalised convolutions in float32; the input isn't changed."""
    result = dict(state_dict)
    for name, weight in _convolutions(state_dict):
        rows = _rows(name, weight)
        size = 1e-4 * math.sqrt(rows.shape[1]) + torch.linalg.vector_norm(rows, dim=1)
        shape = [1, 1, 1]
        shape[_row_axis(name)] = -1
        result[name] = weight.float() / size.view(shape)
    return result


def already_normalised(state_dict: Mapping[str, Tensor]) -> bool:
    """True only if there are convolutions and every one of their rows has norm 1 +- 0.01."""
    found = False
    for name, weight in _convolutions(state_dict):
        found = True
        norms = torch.linalg.vector_norm(_rows(name, weight), dim=1)
        if not bool(((norms - 1).abs() <= TOLERANCE).all()):
            return False
    return found
