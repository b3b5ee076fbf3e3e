"""What the encoders hand to the generator, and what the generator makes of it once before sampling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from ..timing import MIN_SECONDS, Seconds, sync_tokens, visual_frames


@dataclass(frozen=True)
class Features:
    """Encoder outputs of a batch. A missing modality is None and becomes the model's learned empty embedding.

    visual [B, Tv, dv], sync [B, Ts, ds], text [B, Tt, dt]; `visual_len` and `sync_len` are the tokens that
    the picture has or would have; seconds_start and seconds_total [B] place the window in its source (paper
    section 4.4). A batch of 1 is widened to the others' batch by the network.
    """

    visual: Tensor | None
    sync: Tensor | None
    text: Tensor | None
    visual_len: int
    sync_len: int
    seconds_start: Tensor
    seconds_total: Tensor

    @classmethod
    def of(
        cls,
        seconds: Seconds,
        *,
        visual: Tensor | None = None,
        sync: Tensor | None = None,
        text: Tensor | None = None,
        start: float = 0.0,
        total: float | None = None,
    ) -> Features:
        """Features of `seconds` of sound that begin `start` seconds into a source of `total` (default:
        seconds)."""
        length = max(float(seconds), MIN_SECONDS)
        return cls(
            visual=visual,
            sync=sync,
            text=text,
            visual_len=visual_frames(length) if visual is None else visual.shape[1],
            sync_len=sync_tokens(length) if sync is None else sync.shape[1],
            seconds_start=torch.tensor([float(start)]),
            seconds_total=torch.tensor([float(seconds if total is None else total)]),
        )

    def to(self, device: torch.device) -> Features:
        return replace(self, **{k: v.to(device) for k, v in vars(self).items() if isinstance(v, Tensor)})

    def without_video(self) -> Features:
        """The same with no picture: half of the unconditional branch."""
        return replace(self, visual=None, sync=None)

    def with_text(self, text: Tensor | None) -> Features:
        """The same with another text; None is the learned empty text."""
        return replace(self, text=text)


class Conditions(NamedTuple):
    """Projected conditions: independent of time and noise, so computed once and used at every step."""

    visual: Tensor  # [B, Tv, D] tokens for joint attention
    text: Tensor  # [B, Tt, D] tokens for joint attention
    align: Tensor  # [B, L, D] frame-level align feature, at the latent's rate
    overall: Tensor  # [B, D] global feature, before the time embedding joins
