"""The host's context windows on a latent [B, C, T]: the conditions of a window are those of its seconds.

A window names the latent frames that one evaluation sees, in order (they may wrap round the end, or skip).
Its align feature is taken frame by frame, its visual tokens are as many as a clip of that length has, each
the one on screen at its time. Text and the global vector speak of the whole clip and stay as they are: our
choice.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ...kling_foley_core.mmdit import Conditions


def in_window(conditions: Conditions, window: Any, frames: int) -> Conditions:
    """The conditions of the `frames` latent frames that are evaluated; all of them where there is no window.

    Newer hosts put the frame before the window in front of it (`causal_anchor_index`) and cut it off again.
    """
    length = conditions.align.shape[1]
    if window is None or frames == length:
        return conditions
    anchor = getattr(window, "causal_anchor_index", None)
    before = [] if anchor is None or anchor < 0 else [anchor]
    index = torch.tensor([*before, *window.index_list], device=conditions.align.device)
    return conditions._replace(
        align=conditions.align[:, index],
        visual=conditions.visual[:, tokens_on_screen(index, length, conditions.visual.shape[1])],
    )


def tokens_on_screen(index: Tensor, length: int, tokens: int) -> Tensor:
    """Which of `tokens` that cover `length` latent frames belong to a window of the frames `index`.

    Slot k of the window lies at (k + 1/2) / slots of it; the token in whose span that frame's middle is.
    """
    slots = max(1, round(len(index) * tokens / length))
    middles = (2 * torch.arange(slots, device=index.device) + 1) * len(index) // (2 * slots)
    return (2 * index[middles] + 1) * tokens // (2 * length)
