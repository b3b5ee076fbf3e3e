"""What moves in a film, and when it does so suddenly: frames uint8 [T, 3, H, W] at a steady rate.

`curve` [T] is how much the picture changes since the frame before: grey levels (0..255), the mean over all
pixels. `impacts` are the instants at which something turns, stops or starts: a bounce, a blow, a step. Of
three frames in a row let a and b be the changes from the first to the second and on to the third, and c that
from the first to the third, each summed over a part of the picture. An edge that goes on in its direction
has c = a + b, one that turns back c = |a - b|; so (a + b - c) + |a - b| is what its speed has changed by in
either case, without tracking and without a known background. Parts fade out over a third of the picture: a
small thing counts beside a large one, and what passes from one part to the next does so gently. Our choice;
the numbers were tuned on 60 training scenes of the generated world, where most of what moves is silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError

LUMA = (0.299, 0.587, 0.114)
BLUR = 3  # pixels, twice: noise becomes less, and a small fast thing overlaps its next place
CELLS, THIRD = 18, 6  # to a side; a third of the picture
NOISE_GAIN, LEAST, MOST = 4.0, 1.0, 16.0  # times the median change; grey levels: less is the camera's noise
CUT_SHARE, CUT_RATIO = 0.5, 4.0  # a cut changes half of the picture, and far more than the frames around do
AROUND, USUAL = 0.4, 3.0  # seconds to either side; an impact is that many times what is usual there
SHARE = 0.8  # of the speed before or after: what an impact changes it by at least
FLOOR = 0.3  # grey levels by which it exceeds both
APART = 0.1  # seconds: of impacts nearer to each other the strongest is kept
CHUNK = 256  # frames at a time


@dataclass(frozen=True)
class Movement:
    curve: Tensor  # float32 [T]
    impacts: tuple[float, ...]  # ascending seconds
    fps: float  # of the curve


def movement(frames: Tensor, fps: float) -> Movement:
    """Frame k shows the instant k / fps."""
    if frames.ndim != 4 or frames.shape[1] != 3 or 0 in frames.shape or frames.dtype != torch.uint8:
        raise InputError(f"frames are {tuple(frames.shape)} {frames.dtype}: uint8 [T, 3, H, W] is needed.")
    kept = _without_repeats(frames)
    changes = _changes(frames[kept])
    found = _peaks(_strength(changes, max(2, round(AROUND * fps))), max(1, round(APART * fps)), kept)
    since = (
        torch.searchsorted(kept, torch.arange(len(frames)), right=True) - 1
    )  # of a repeat the frame before
    return Movement(F.pad(changes.whole, (1, 0))[since], tuple(k / fps for k in found), fps)


def _without_repeats(frames: Tensor) -> Tensor:
    """Indices of the frames, without single ones that equal the one before: a film slower than its frames are
    taken has such, and they would be a stop and a start."""
    new = torch.ones(len(frames) + 1, dtype=torch.bool)
    for k in range(1, len(frames)):
        new[k] = not torch.equal(frames[k], frames[k - 1])
    single = ~new[1:-1] & new[:-2] & new[2:]
    return torch.cat([torch.tensor([0]), 1 + (~single).nonzero()[:, 0]])


class _Changes(NamedTuple):
    whole: Tensor  # [T - 1]: mean change of the whole picture from each frame to the next
    steps: Tensor  # [T - 1, parts]: the same of each part
    pairs: Tensor  # [T - 2, parts]: from each frame to the next but one
    cuts: Tensor  # bool [T - 1]


def _changes(frames: Tensor) -> _Changes:
    noise, whole, steps, pairs, spread = _noise(frames), [], [], [], []
    for start in range(0, len(frames), CHUNK):
        grey = _grey(frames[start : start + CHUNK + 2])
        step = (grey[1:] - grey[:-1]).abs().sub(noise).clamp(min=0)[:CHUNK]
        pair = (grey[2:] - grey[:-2]).abs().sub(noise).clamp(min=0)
        whole.append(step.mean((1, 2)))
        spread.append((step > 0).float().mean((1, 2)))
        steps.append(_parts(step))
        pairs.append(_parts(pair))
    change = torch.cat(whole)
    beside = F.pad(change, (1, 1))
    beside = torch.maximum(beside[:-2], beside[2:])
    cuts = (torch.cat(spread) > CUT_SHARE) & (change > CUT_RATIO * beside)
    return _Changes(torch.where(cuts, beside, change), torch.cat(steps), torch.cat(pairs), cuts)


def _grey(frames: Tensor) -> Tensor:
    """Blurred, float32 [n, H, W]."""
    grey = torch.einsum("tchw,c->thw", frames.float(), torch.tensor(LUMA))[:, None]
    for _ in range(2):
        grey = F.avg_pool2d(grey, BLUR, 1, BLUR // 2, count_include_pad=False)
    return grey[:, 0]


def _noise(frames: Tensor) -> float:
    """Grey levels by which a pixel changes when nothing moves: from the median of up to 32 pairs."""
    at = torch.linspace(0, max(0, len(frames) - 2), min(32, len(frames))).long()
    change = (_grey(frames[at]) - _grey(frames[(at + 1).clamp(max=len(frames) - 1)])).abs()
    return min(MOST, max(LEAST, NOISE_GAIN * float(change.median())))


def _parts(change: Tensor) -> Tensor:
    """[n, H, W] -> the mean over each part [n, parts]; two boxes in a row make a part fade out."""
    cells = F.adaptive_avg_pool2d(change[:, None], CELLS)
    return F.avg_pool2d(F.avg_pool2d(cells, THIRD, 1, THIRD // 2), THIRD, THIRD // 2).flatten(1)


def _strength(changes: _Changes, around: int) -> Tensor:
    """[T]: by how much the change of speed exceeds what it must, in the part where it does so most."""
    strength = torch.zeros(len(changes.whole) + 1)
    if len(changes.pairs) == 0:
        return strength
    before, after = changes.steps[:-1], changes.steps[1:]
    turns = (before + after - changes.pairs).clamp(min=0) + (after - before).abs()
    cut = changes.cuts[:-1] | changes.cuts[1:]
    turns[cut] = 0
    for turn, moving in zip(turns.unbind(1), torch.maximum(before, after).unbind(1), strict=True):
        beside = F.pad(turn[None], (around, around), mode="replicate")[0].unfold(0, 2 * around + 1, 1)
        least = torch.maximum(USUAL * beside.median(-1).values, SHARE * moving)
        strength[1:-1] = torch.maximum(strength[1:-1], turn - least)
    return strength


def _peaks(strength: Tensor, near: int, kept: Tensor) -> list[float]:
    """Frames, in fractions of one; an impact between two frames shows at both."""
    highest = F.max_pool1d(strength[None], 2 * near + 1, 1, near)[0]
    found = []
    for k in ((strength > FLOOR) & (strength == highest)).nonzero()[:, 0].tolist():
        weight = strength[k - 1 : k + 2].clamp(min=0)
        found.append(float((weight * kept[k - 1 : k + 2]).sum() / weight.sum()))
    return found
