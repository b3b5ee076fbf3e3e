"""How a click looks: one sample far above all that is around it."""

from __future__ import annotations

from torch import Tensor

AROUND = 300  # samples on either side, 7 ms at 44.1 kHz
OWN = 8  # samples on either side that belong to the peak itself
FAINTEST = 0.03  # of full scale


def sharpest(wave: Tensor, piece: int = 1024) -> float:
    """The most by which the peak of any piece of wave [N] stands above the samples around it; 0 for a faint
    sound."""
    size = wave.abs()
    found = [0.0]
    for begin in range(0, len(size), piece):
        top = begin + int(size[begin : begin + piece].argmax())
        if size[top] < FAINTEST:
            continue
        around = size[max(0, top - AROUND) : top + AROUND].clone()
        middle = min(top, AROUND)
        around[max(0, middle - OWN) : middle + OWN + 1] = 0
        found.append(float(size[top] / around.max().clamp(min=FAINTEST / 10)))
    return max(found)
