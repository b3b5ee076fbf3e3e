"""The library's solvers as the host's samplers.

Time runs the other way in the host: sigma = 1 - t, and its models predict the data, so that the field is
v = (data - x) / sigma. Euler is the host's own, to the bit what its nodes give under that name.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import comfy.samplers
import torch
from torch import Tensor

from ...kling_foley_core.flow import SOLVERS, Follow


def sampler_of(solver: str) -> Any:
    """A SAMPLER; its sigmas are `sigmas_of`."""
    if solver == "euler":
        return comfy.samplers.sampler_object("euler")
    return comfy.samplers.KSAMPLER(partial(_followed, SOLVERS[solver].follow))


def sigmas_of(solver: str, steps: int, denoise: float = 1.0) -> Tensor:
    """[steps + 1] from 1 (noise) to 0 (sound), as the solver likes them; with a denoise below 1 from about
    there on."""
    return 1.0 - SOLVERS[solver].times(steps, denoise)


@torch.no_grad()
def _followed(
    follow: Follow,
    model: Any,
    x: Tensor,
    sigmas: Tensor,
    extra_args: dict[str, Any] | None = None,
    callback: Any = None,
    disable: bool | None = None,
) -> Tensor:
    """As the host calls its samplers; x [B, C, L]."""
    done = 0

    def velocity(x: Tensor, t: Tensor) -> Tensor:
        nonlocal done
        sigma = 1.0 - t
        data = model(x, sigma, **(extra_args or {}))
        if callback is not None:
            shown = {"x": x, "i": done, "sigma": sigma[0], "sigma_hat": sigma[0], "denoised": data}
            callback(shown)
        done += 1
        return (data - x) / sigma.view(-1, *[1] * (x.ndim - 1))

    return follow(velocity, x, 1.0 - sigmas, lambda *_: None)
