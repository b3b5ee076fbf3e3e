"""The anti-aliased SnakeBeta on [T, C] tensors, without what its filters' plain form makes and throws away.

    x [T, C] -> rows start .. stop - 1 of the activation [T, C]

The equal of `activations.AntiAliasedSnake` up to the order of float sums. Both filters are small banded
matrices that multiply windows of x's own memory: no zeros between samples, no cropping, and copies of the
first and last sample only at the sound's true ends.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .activations import TAPS, AntiAliasedSnake

STEP = 8  # samples a window makes; 16 is about as fast, 32 slower
SIDE = TAPS // 4  # samples on either side that one sample at the doubled rate depends on, and the other way
WIDE_OFFSET = 1  # the doubled samples begin SIDE before the first wanted; its filter one doubled sample later


def _upsampling(taps: Tensor) -> Tensor:
    """[2 STEP, STEP + 2 SIDE]: the samples 2t and 2t + 1 of each t, from t - SIDE .. t + SIDE."""
    pair = taps.new_zeros(2, 2 * SIDE + 1)
    pair[0, :-1], pair[1, 1:] = 2 * taps.flip(0)[0::2], 2 * taps.flip(0)[1::2]
    matrix = taps.new_zeros(2 * STEP, STEP + 2 * SIDE)
    for t in range(STEP):
        matrix[2 * t : 2 * t + 2, t : t + 2 * SIDE + 1] = pair
    return matrix


def _downsampling(taps: Tensor) -> Tensor:
    """[STEP, 2 STEP + 10]: sample t, from the doubled rate's 2t - 5 .. 2t + 6."""
    matrix = taps.new_zeros(STEP, 2 * STEP + TAPS - 2)
    for t in range(STEP):
        matrix[t, 2 * t : 2 * t + TAPS] = taps
    return matrix


class TimeMajorSnake:
    """An activation's weights, made ready for one pass over a sound."""

    def __init__(self, activation: AntiAliasedSnake, like: Tensor) -> None:
        snake = activation.act
        self.frequency = snake.alpha.to(like).exp()
        self.strength = 1 / (snake.beta.to(like).exp() + 1e-9)
        self.up = _upsampling(activation.upsample.filter.to(like).flatten())
        self.down = _downsampling(activation.downsample.lowpass.filter.to(like).flatten())

    def rows(self, x: Tensor, start: int, stop: int) -> Tensor:
        """The rows start .. stop - 1; up to STEP - 1 meaningless ones may follow."""
        steps = -(-(stop - start) // STEP)
        wide = self._doubled(x, start - SIDE, steps + 1)
        wave = torch.mul(wide, self.frequency).sin_().square_()
        wide.addcmul_(wave, self.strength)
        return _filtered(self.down, wide[WIDE_OFFSET:], steps, 2 * STEP)

    def _doubled(self, x: Tensor, first: int, steps: int) -> Tensor:
        """[steps * 2 STEP, C]: twice the rate from sample `first` on; outside of x, its first or last."""
        length = len(x)
        left, right = first - SIDE, first + steps * STEP + SIDE
        if left >= 0 and right <= length:
            return _filtered(self.up, x[left:right], steps, STEP)
        ends = x[:1].expand(max(-left, 0), -1), x[-1:].expand(max(right - length, 0), -1)
        inside = torch.cat([ends[0], x[max(left, 0) : right], ends[1]])
        wide = _filtered(self.up, inside, steps, STEP)
        before, after = max(-2 * first, 0), 2 * (length - first)
        wide[:before] = wide[before : before + 1]
        wide[after:] = wide[after - 1 : after]
        return wide


def _filtered(matrix: Tensor, x: Tensor, steps: int, stride: int) -> Tensor:
    """The matrix times windows of x, `stride` rows apart: [steps * rows of the matrix, C]."""
    made, width = matrix.shape
    windows = x.as_strided((steps, width, x.shape[1]), (stride * x.stride(0), x.stride(0), 1))
    return torch.bmm(matrix.expand(steps, made, width), windows).flatten(0, 1)
