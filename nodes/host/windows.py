"""Windows on a latent [B, C, T]: the library's, which a MODEL has, or the host's own in their place.

The library's (flow/windows.py): conditions are made for every window as if a clip were cut there, and go
through the host as one, end to end, beside the plan that tells them apart; so both branches of guidance still
make one batch.

The host's context windows name the latent frames that one evaluation sees, in order (they may wrap round the
end, or skip). The conditions of such a window are those of its seconds: its align feature is taken frame by
frame, its visual tokens are as many as a clip of that length has, each the one on screen at its time. Text
and the global vector speak of the whole clip and stay as they are: our choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ...kling_foley_core.flow import Window
from ...kling_foley_core.mmdit import Conditions

WINDOWS = "foley_windows"  # name of the plan among the conditions of a run


def put_together(parts: Sequence[Conditions]) -> Conditions:
    """Those of all windows as one: visual [B, sum of tokens, D], align [B, sum of frames, D], overall
    [B, windows, D]; the text is the same in all. The only window's stay as they are."""
    if len(parts) == 1:
        return parts[0]
    return Conditions(
        visual=torch.cat([part.visual for part in parts], dim=1),
        text=parts[0].text,
        align=torch.cat([part.align for part in parts], dim=1),
        overall=torch.stack([part.overall for part in parts], dim=1),
    )


def taken_apart(conditions: Conditions, windows: Sequence[Window]) -> list[Conditions]:
    """Each window's own again."""
    visual = conditions.visual.split([w.visual.stop - w.visual.start for w in windows], dim=1)
    align = conditions.align.split([w.frames.stop - w.frames.start for w in windows], dim=1)
    overall = conditions.overall.unbind(1)
    return [
        Conditions(look, conditions.text, frame, whole)
        for look, frame, whole in zip(visual, align, overall, strict=True)
    ]


def ending_at(windows: Sequence[Window], frames: int) -> tuple[Window, ...]:
    """The same for a latent of `frames`, a frame more or less than the plan's: the last one ends there."""
    *others, last = windows
    return (*others, replace(last, frames=slice(last.frames.start, frames)))


def in_window(conditions: Conditions, window: Any, frames: int) -> Conditions:
    """The conditions of the `frames` latent frames that are evaluated, all of them without a window."""
    length = conditions.align.shape[1]
    if window is None or frames == length:
        return conditions
    index = torch.tensor(frames_in(window, frames, length), device=conditions.align.device)
    return conditions._replace(
        align=conditions.align[:, index],
        visual=conditions.visual[:, tokens_on_screen(index, length, conditions.visual.shape[1])],
    )


def frames_in(window: Any, frames: int, length: int) -> list[int]:
    """Which of a clip's `length` latent frames the `frames` that are evaluated are.

    Newer hosts put the frame before the window in front of it (`causal_anchor_index`) and cut it off again.
    """
    if window is None or frames == length:
        return list(range(length))
    anchor = getattr(window, "causal_anchor_index", None)
    before = [] if anchor is None or anchor < 0 else [anchor]
    return [*before, *window.index_list]


def tokens_on_screen(index: Tensor, length: int, tokens: int) -> Tensor:
    """Which of `tokens` that cover `length` latent frames belong to a window of the frames `index`.

    Slot k of the window lies at (k + 1/2) / slots of it; the token in whose span that frame's middle is.
    """
    slots = max(1, round(len(index) * tokens / length))
    middles = (2 * torch.arange(slots, device=index.device) + 1) * len(index) // (2 * slots)
    return (2 * index[middles] + 1) * tokens // (2 * length)
