"""From features and texts to a latent: conditions, the guided velocity field, the flow ODE from noise.

features, text [1, Tt, D] ──> of every window: conditions ──> field ──> joined ──┐
noise [B, L, C] ────────────────────────────────────────────────────────────> solver ──> latent [B, L, C]
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import torch
from torch import Tensor

from ..editing import Known
from ..flow import (
    Follow,
    Part,
    Velocity,
    Window,
    branches,
    composed,
    euler,
    features_in,
    holding,
    in_time,
    interpolate,
    joined,
    plan,
)
from ..mmdit import Conditions, Features, MMDiT, MMDiTConfig
from ..presets import rate_of, window_seconds
from ..progress import Progress, silent
from ..prompts import TimedTokens
from ..timing import Seconds

KEPT = 64  # windows of a batch of 1 whose conditions are kept; those of others are made at every step


@dataclass(frozen=True)
class Weights:
    """Of guidance: how much the sound follows the text, and how much the picture (None: as much)."""

    text: float
    picture: float | None = None

    @property
    def apart(self) -> bool:
        return self.picture not in (None, self.text)


def sample(
    model: MMDiT,
    given: Features,
    text: TimedTokens,
    negative_text: TimedTokens,
    seconds: Seconds,
    x: Tensor,
    times: Tensor,
    guidance: Weights,
    dtype: torch.dtype,
    progress: Progress = silent,
    known: Known | None = None,
    follow: Follow = euler,
) -> Tensor:
    """Noise x [B, L, C] float32 at times[0] -> the codec's latent [B, L, C], on the device of x; `given` are
    the features of `seconds` of sound, but for the text. With a `known` latent it starts on the way there, as
    far as times[0] says, and makes only what is to be made anew, by the windows that this lies in.

    `follow` is the solver (flow/solvers.py). The network runs in `dtype`, the steps are added up in float32.
    The other branch of guidance has the negative text and no video.
    """
    rate = rate_of(model.config)
    masks = {said: said.schedule.masks(x.shape[1], float(rate)) for said in (text, negative_text)}

    def told(window: Window, features: Features, said: TimedTokens) -> list[Part]:
        """The window's parts of one branch: its features with each text that is active in it."""
        mask, features = masks[said][:, window.frames].to(x.device), features_in(window, features)

        def conditions(index: int) -> Conditions:
            with_text = features.with_text(said.tokens[index]).to(x.device)
            return _widened(model.condition(with_text, mask.shape[1], dtype), len(x))

        return in_time(mask, conditions)

    def field_in(window: Window) -> Velocity:
        if known is not None and not known.anew[window.frames].any():
            return lambda x, t: torch.zeros_like(x)  # all of it is kept
        parts = branches(
            told(window, given, text),
            told(window, given.without_video(), negative_text),
            guidance.text,
            told(window, given, negative_text) if guidance.apart else (),
            guidance.picture,
        )
        field = composed(model, parts)
        return lambda x, t: field(x.to(dtype), t).float()

    windows = windows_of(model.config, given, seconds, x.shape[1])
    held = max(KEPT // len(x), 1)
    kept = [field_in(window) for window in windows[:held]]
    remade = [lambda x, t, w=window: field_in(w)(x, t) for window in windows[held:]]
    fields, times = [*kept, *remade], times.to(x.device)
    if len(fields) > 1:
        fields, progress = _reported(fields, len(times) - 1, progress), silent
    velocity = joined(windows, fields)
    if known is not None:
        x0, x1 = x, model.normalize(known.latent.to(x))
        velocity = holding(velocity, x0, x1, known.anew.to(x.device))
        x = interpolate(x0, x1, times[:1])
    return model.unnormalize(follow(velocity, x, times, progress))


def windows_of(config: MMDiTConfig, given: Features, seconds: Seconds, frames: int) -> tuple[Window, ...]:
    """The windows of a clip for a network of this config: of the length and the latents of its preset."""
    return plan(config, given, seconds, frames, rate_of(config), window_seconds(config))


def _reported(fields: list[Velocity], steps: int, progress: Progress) -> list[Velocity]:
    """The same, each reporting itself when it is done: of a long clip a step takes minutes."""
    done = count(1)

    def reporting(field: Velocity) -> Velocity:
        def velocity(x: Tensor, t: Tensor) -> Tensor:
            v = field(x, t)
            progress("sampling", next(done), steps * len(fields))
            return v

        return velocity

    return [reporting(field) for field in fields]


def _widened(conditions: Conditions, batch: int) -> Conditions:
    return Conditions(*(c.expand(batch, *c.shape[1:]) for c in conditions))
