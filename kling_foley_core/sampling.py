"""From features and texts to a latent: conditions, the guided velocity field, the flow ODE from noise.

features, text [1, Tt, D] ──> conditions ──> field ──┐
noise [B, L, C] ─────────────────────────────> euler ──> the codec's latent [B, L, C]
"""

from __future__ import annotations

import torch
from torch import Tensor

from .flow import euler, guided
from .mmdit import Conditions, Features, MMDiT
from .progress import Progress, silent


def sample(
    model: MMDiT,
    given: Features,
    negative_text: Tensor | None,
    x: Tensor,
    times: Tensor,
    guidance: float,
    dtype: torch.dtype,
    progress: Progress = silent,
) -> Tensor:
    """Noise x [B, L, C] float32 at times[0] -> the codec's latent [B, L, C], on the device of x.

    The network runs in `dtype`, the steps are added up in float32. The other branch of guidance has the
    negative text and no video.
    """
    positive, negative = (
        _widened(model.condition(f.to(x.device), x.shape[1], dtype), len(x))
        for f in (given, given.without_video().with_text(negative_text))
    )
    field = guided(model, positive, negative, guidance)
    x = euler(lambda x, t: field(x.to(dtype), t).float(), x, times.to(x.device), progress)
    return model.unnormalize(x)


def _widened(conditions: Conditions, batch: int) -> Conditions:
    return Conditions(*(c.expand(batch, *c.shape[1:]) for c in conditions))
