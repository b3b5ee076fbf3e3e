"""From features and texts to a latent: conditions, the guided velocity field, the flow ODE from noise.

features, text [1, Tt, D] ──> of every window: conditions ──> field ──> joined ──┐
noise [B, L, C] ─────────────────────────────────────────────────────────────> euler ──> latent [B, L, C]
"""

from __future__ import annotations

from fractions import Fraction

import torch
from torch import Tensor

from .flow import Window, euler, features_in, guided, joined, plan
from .flow.guidance import Velocity
from .mmdit import Conditions, Features, MMDiT, MMDiTConfig
from .presets import mel_of, window_seconds
from .progress import Progress, silent
from .timing import MEL_PER_LATENT, Seconds

KEPT = 64  # windows whose conditions are kept, up to 0.3 GB; the others' are made again at every step


def sample(
    model: MMDiT,
    given: Features,
    negative_text: Tensor | None,
    seconds: Seconds,
    x: Tensor,
    times: Tensor,
    guidance: float,
    dtype: torch.dtype,
    progress: Progress = silent,
) -> Tensor:
    """Noise x [B, L, C] float32 at times[0] -> the codec's latent [B, L, C], on the device of x; `given` are
    the features of `seconds` of sound.

    The network runs in `dtype`, the steps are added up in float32. The other branch of guidance has the
    negative text and no video.
    """
    given = given.to(x.device)
    negative = given.without_video().with_text(None if negative_text is None else negative_text.to(x.device))

    def field_in(window: Window) -> Velocity:
        frames = window.frames.stop - window.frames.start
        positive, other = (
            _widened(model.condition(features_in(window, f), frames, dtype), len(x))
            for f in (given, negative)
        )
        field = guided(model, positive, other, guidance)
        return lambda x, t: field(x.to(dtype), t).float()

    windows = windows_of(model.config, given, seconds, x.shape[1])
    kept = [field_in(window) for window in windows[:KEPT]]
    remade = [lambda x, t, w=window: field_in(w)(x, t) for window in windows[KEPT:]]
    x = euler(joined(windows, [*kept, *remade]), x, times.to(x.device), progress)
    return model.unnormalize(x)


def windows_of(config: MMDiTConfig, given: Features, seconds: Seconds, frames: int) -> tuple[Window, ...]:
    """The windows of a clip for a network of this config: of the length and the latents of its preset."""
    mel = mel_of(config)
    rate = Fraction(mel.sampling_rate, mel.hop * MEL_PER_LATENT)
    return plan(config, given, seconds, frames, rate, window_seconds(config))


def _widened(conditions: Conditions, batch: int) -> Conditions:
    return Conditions(*(c.expand(batch, *c.shape[1:]) for c in conditions))
