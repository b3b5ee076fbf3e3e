"""What moves where: frames uint8 [T, 3, 96, 96] at 25 a second -> how fast, and how suddenly, each of 24 x 24
parts of the picture moves.

`moves` [T, 576]: grey levels by which a part changes from the frame before, the mean over its pixels. `turns`
[T, 576]: by how much that speed changes there, as in preview/motion.py: of three frames in a row let a and b
be the changes from the first to the second and on to the third, c that from the first to the third; then
turns = (a + b - c) + |a - b|, which is large where something turns back, stops or starts.

What all of the picture does alike is taken away before: for each pair of frames a shift, a zoom and a factor
of light are fitted to the differences, robustly, so that what moves by itself counts for nothing. So a camera
that pans, zooms or is held by hand, and a lamp that is switched, move little here. A cut is no movement.
Frames shown twice, where a film has fewer than 25 a second, are left out. Our choice throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...errors import InputError
from ...files.on_disk import let_go, room_for
from ...media.views import FrameView

VIEW = FrameView(fps=25, size=96, fit="stretch")
SIDE = 24  # parts to a side

LUMA = (0.299, 0.587, 0.114)
BLUR = 3  # pixels, twice, as in preview/motion.py
NOISE_GAIN, LEAST, MOST = 4.0, 1.0, 16.0  # times the median change; grey levels: less is noise
CUT_SHARE, CUT_LEVEL = 0.6, 12.0  # of the pixels change by so many grey levels: a cut
ROUNDS = 4  # of the fit, each trusting less what the last could not explain
MOST_REPEATS = 2  # of one frame in a row; more of them are a standstill
CHUNK = 64  # frames at a time


@dataclass(frozen=True)
class Movement:
    """Of a whole film: moves, turns [T, SIDE * SIDE], row by row; VIEW.fps a second."""

    moves: Tensor
    turns: Tensor


def movement_of(frames: Tensor) -> Movement:
    """Of a film that memory holds."""
    made = MovementMap(len(frames))
    made.add(frames)
    return made.movement()


class MovementMap:
    """Takes the frames of a film part by part, as VIEW shows them, and holds no more than CHUNK of them."""

    def __init__(self, frames: int) -> None:
        self._moves, self._turns = (room_for(frames, SIDE * SIDE, dtype=torch.float16) for _ in range(2))
        self._total, self._seen, self._repeats = frames, 0, 0
        self._last: Tensor | None = None  # the last frame, as it came
        self._greys: list[Tensor] = []  # of frames that differ from the one before, not yet done with
        self._slots: list[int] = []  # theirs

    def add(self, frames: Tensor) -> None:
        """The next frames uint8 [n, 3, 96, 96]."""
        if frames.ndim != 4 or frames.shape[1:] != (3, VIEW.size, VIEW.size) or frames.dtype != torch.uint8:
            raise InputError(
                f"frames are {tuple(frames.shape)} {frames.dtype}: uint8 [n, 3, {VIEW.size}, {VIEW.size}] is "
                "needed."
            )
        for part in frames.cpu().split(CHUNK):
            for frame, grey in zip(part, _grey(part), strict=True):
                self._take(frame, grey)
            if len(self._slots) > CHUNK:
                self._compare()

    def movement(self) -> Movement:
        """After the last frame."""
        if self._seen != self._total:
            raise InputError(f"movement: {self._total} frames were announced, {self._seen} were given.")
        self._compare()
        return Movement(self._moves, self._turns)

    def _take(self, frame: Tensor, grey: Tensor) -> None:
        repeats = self._last is not None and self._repeats < MOST_REPEATS and torch.equal(frame, self._last)
        self._repeats = self._repeats + 1 if repeats else 0
        if not repeats:
            self._last = frame
            self._greys.append(grey)
            self._slots.append(self._seen)
        self._seen += 1

    def _compare(self) -> None:
        """What happens at and between the frames that wait, of which the last two stay."""
        if len(self._greys) < 2:
            return
        grey, slots = torch.stack(self._greys), self._slots
        steps, pairs = _changes(grey)
        for change, first, last in zip(steps, slots[:-1], slots[1:], strict=True):
            self._moves[first + 1 : last + 1] = (change / (last - first)).half()
        for k, turn in enumerate(
            (steps[:-1] + steps[1:] - pairs).clamp(min=0) + (steps[1:] - steps[:-1]).abs()
        ):
            self._turns[slots[k + 1] : slots[k + 2]] = turn.half()
        self._greys, self._slots = self._greys[-2:], slots[-2:]
        let_go(self._moves, self._turns)


def _changes(grey: Tensor) -> tuple[Tensor, Tensor]:
    """[n, H, W] -> from each frame to the next [n - 1, parts], and to the next but one [n - 2, parts]."""
    steps, pairs = own_change(grey[:-1], grey[1:]), own_change(grey[:-2], grey[2:])
    noise = min(MOST, max(LEAST, NOISE_GAIN * float(steps.median())))
    cut = ((grey[1:] - grey[:-1]).abs() > CUT_LEVEL).float().mean((1, 2)) > CUT_SHARE
    cut &= (steps > CUT_LEVEL).float().mean((1, 2)) > CUT_SHARE / 2
    steps, pairs = _parts(steps - noise), _parts(pairs - noise)
    steps[cut] = 0
    pairs[cut[:-1] | cut[1:]] = 0
    return steps, pairs


def own_change(before: Tensor, after: Tensor) -> Tensor:
    """[n, H, W] each -> by how much each pixel changes beyond what a shift, a zoom and a factor of light
    common to the picture explain.

    Least squares on the gradients (Lucas and Kanade 1981), weighted anew in each round by how well a pixel
    fits.
    """
    middle = (before + after)[:, None] / 2
    across = F.pad(middle, (1, 1, 0, 0), mode="replicate")[:, 0]
    down = F.pad(middle, (0, 0, 1, 1), mode="replicate")[:, 0]
    across, down = (across[..., 2:] - across[..., :-2]) / 2, (down[:, 2:] - down[:, :-2]) / 2
    y, x = (torch.linspace(-1, 1, size) for size in before.shape[1:])
    outwards = across * x + down * y[:, None]
    causes = torch.stack([across, down, outwards, middle[:, 0] / 64], dim=-1).flatten(1, 2)
    change = (after - before).flatten(1)
    left = change
    for _ in range(ROUNDS):
        usual = 2 * left.abs().median(1, keepdim=True).values + 0.5
        weighted = causes * (1 + (left / usual).square()).square().reciprocal()[..., None]
        normal = weighted.mT @ causes + 1e-3 * torch.eye(causes.shape[-1])
        left = change - (causes @ torch.linalg.solve(normal, weighted.mT @ change[..., None]))[..., 0]
    return left.abs().view_as(before)


def _parts(change: Tensor) -> Tensor:
    """[n, H, W] -> the mean over each part, blurred over its neighbours [n, parts]."""
    parts = F.adaptive_avg_pool2d(change.clamp(min=0)[:, None], SIDE)
    return F.avg_pool2d(F.avg_pool2d(parts, 3, 1, 1), 3, 1, 1).flatten(1)


def _grey(frames: Tensor) -> Tensor:
    """Blurred, float32 [n, H, W]."""
    grey = torch.einsum("tchw,c->thw", frames.float(), torch.tensor(LUMA))[:, None]
    for _ in range(2):
        grey = F.avg_pool2d(grey, BLUR, 1, BLUR // 2, count_include_pad=False)
    return grey[:, 0]
