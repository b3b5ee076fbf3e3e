"""InverseLR: the learning rate of a step, with exponential warm-up.

    lr(t) = max(final, base * (1 + t / inv_gamma) ** -power) * (1 - warmup ** (t + 1))

Paper, training details (fact sheet section 2); the paper gives no numbers, they are in the recipes.
"""

from __future__ import annotations

from ...errors import InputError
from ..recipe import Optimisation


def inverse_lr(step: int, o: Optimisation) -> float:
    """Learning rate of step 0, 1, 2, ..."""
    if not 0 <= o.warmup < 1:
        raise InputError(
            f"warmup = {o.warmup}: it must be 0 or more and below 1; 0 switches the warm-up off."
        )
    return max(o.lr_final, o.lr * (1 + step / o.inv_gamma) ** -o.power) * (1 - o.warmup ** (step + 1))
