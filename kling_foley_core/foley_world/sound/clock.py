"""Curves read at the sound's rate: one set of indices for a whole scene, since finding them costs most."""

from __future__ import annotations

import numpy as np

from ..curve import CURVE_RATE, Curve


class SampleClock:
    """Sample n lies at n / rate seconds; `read` gives a curve there as float32 [N], or one number if it is
    steady."""

    def __init__(self, seconds: float, rate: int) -> None:
        self.rate = rate
        self.count = round(seconds * rate)
        place = np.arange(self.count, dtype=np.float64) * (CURVE_RATE / rate)
        self._low = place.astype(np.int32)
        self._part = (place - self._low).astype(np.float32)

    def read(self, curve: Curve) -> np.ndarray | np.float32:
        values = curve.values.astype(np.float32)
        if len(values) == 1 or np.ptp(values) == 0:
            return values[0]
        values = np.append(values, [values[-1]] * max(2, int(self._low[-1]) + 2 - len(values))).astype(
            np.float32
        )
        return values[self._low] + self._part * np.diff(values)[self._low]

    def cycles(self, hertz: Curve) -> np.ndarray:
        """Whole and part cycles that a pitch has run through at each sample, float64 [N]."""
        speed = np.broadcast_to(self.read(hertz), self.count)
        return np.cumsum(speed, dtype=np.float64) / self.rate
