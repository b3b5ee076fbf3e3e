"""The host's own ranges of a CONDITIONING, as ranges in time on a latent [B, C, T].

Conditioning Set Area with Percentage for Video (its `temporal` and `z`), Conditioning (Set Area with
Percentage) and (Set Area) (their `height` and `y`, which the host's code takes for the first axis) and
Conditioning (Set Mask) are made for pictures: the host would cut the latent, but not our conditions, at an
area, and fails at a mask. So before a run each is made a mask [1, T] of seconds that fades at its ends, as
texts with times do, and the network always sees the whole window. A range from Foley Text Encode's syntax and
the same one from these nodes are then one sound. Frames that no range covers have no text.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import torch
import torch.nn.functional as F
from comfy.patcher_extension import WrapperExecutor
from torch import Tensor

from ...kling_foley_core.errors import InputError
from ...kling_foley_core.flow import Schedule
from ...kling_foley_core.presets import rate_of
from .texts import TIMES
from .types import SECONDS

Cond = dict[str, Any]


def ranges_as_masks(executor: WrapperExecutor, noise: Tensor, *given: Any, **more: Any) -> Any:
    """A wrapper of the host's sampling run: masks of time in the place of areas and pictures' masks."""
    guider = executor.class_obj
    rate, frames = rate_of(guider.model_patcher.model.source.config), noise.shape[-1]
    for branch, conds in guider.conds.items():
        masked = [_masked(cond, frames, rate) for cond in conds]
        if any("mask" in cond for cond in masked) and guider.model_options.get("context_handler"):
            raise InputError(
                f"{branch}: ranges in time can't be used within the host's context windows; take those out "
                "(the model has windows of its own), or write the times into Foley Text Encode's text."
            )
        guider.conds[branch] = masked + _rest(masked)
    return executor(noise, *given, **more)


def _masked(cond: Cond, frames: int, rate: Fraction) -> Cond:
    """The same with a mask [1, T] for its area, its mask or both."""
    if SECONDS not in cond or not ("area" in cond or "mask" in cond):
        return cond
    mask = torch.ones(1, frames)
    if "area" in cond:
        mask = mask * mask_of_range(*_range(cond["area"], cond[SECONDS], rate), cond[SECONDS], frames, rate)
    if "mask" in cond:
        mask = mask * over_time(cond["mask"].float().cpu(), frames)
    kept = {key: value for key, value in cond.items() if key not in ("area", "set_area_to_bounds")}
    return kept | {"mask": mask}


def _range(area: Sequence[Any], seconds: Fraction, rate: Fraction) -> tuple[Fraction, Fraction]:
    """(start, end) in seconds of an area: shares of the whole, or latent frames."""
    shares = area[0] == "percentage"
    sizes = [Fraction(str(round(value, 4))) for value in (area[1:] if shares else area)]
    length, start = sizes[0], sizes[len(sizes) // 2]
    unit = seconds if shares else 1 / rate
    return start * unit, (start + length) * unit


def mask_of_range(start: Fraction, end: Fraction, seconds: Fraction, frames: int, rate: Fraction) -> Tensor:
    """[1, T]: 1 from `start` to `end`, with the fades of texts with times; none at the sound's own ends."""
    if start >= min(end, seconds):
        return torch.zeros(1, frames)
    borders = tuple(border for border in (start, end) if 0 < border < seconds)
    inside = (0, 1, 0)[0 if start > 0 else 1 : 3 if end < seconds else 2]
    return Schedule(borders, inside).masks(frames, float(rate))[1:]


def over_time(mask: Tensor, frames: int) -> Tensor:
    """A MASK [N, H, W] -> [1, T]: of many, one for each moment, its mean; of one, its columns from left to
    right are the moments."""
    moments = mask.mean((1, 2)) if len(mask) > 1 else mask.mean((0, 1))
    return F.interpolate(moments[None, None], frames, mode="linear", align_corners=False)[0]


def _rest(conds: Sequence[Cond]) -> list[Cond]:
    """What no range of a branch covers, without text; nothing where one of its entries has no range."""
    if not conds or any("mask" not in cond or SECONDS not in cond for cond in conds):
        return []
    left = (1 - sum(cond["mask"] for cond in conds)).clamp(min=0)
    if left.max() < 1e-3:
        return []
    first = {key: value for key, value in conds[0].items() if key not in (TIMES, "strength", "mask_strength")}
    return [first | {"cross_attn": first["cross_attn"][:, :0], "mask": left, "uuid": uuid.uuid4()}]
