"""A clip and its sound on one picture: film strip, spectrogram with true (red, above) and detected (blue,
below) onsets, pan over time (red) with the true one (grey)."""

from __future__ import annotations

import numpy as np
from PIL import Image
from torch import Tensor

from ...analysis.onsets import onsets
from ...foley_world import Scene, Truth, render_frames, truth_of
from ...foley_world.truth import TRUTH_RATE
from ...preview.picture import picture

FRAMES, FPS = (96, 96), 4
LOUD = 0.25  # of a flow's loudest
STEP = 3  # of the truth's frames


def clip_picture(scene: Scene, sound: Tensor, rate: int) -> Image.Image:
    """`sound` [1 or 2, N] is what is measured."""
    truth = truth_of(scene)
    return picture(
        sound,
        rate,
        render_frames(scene, FRAMES, FPS),
        ticks_above=[event.time for event in truth.events],
        ticks_below=onsets(sound, rate),
        pans=true_pans(truth),
    )


def true_pans(truth: Truth) -> list[tuple[float, float]]:
    """(seconds, pan -1..1) of every hit and of flows while they are loud."""
    found = [(event.time, _pan(event.x)) for event in truth.events]
    for flow in truth.flows:
        loud = LOUD * max(flow.envelope)
        frames = range(0, len(flow.x), STEP)
        found += [(k / TRUTH_RATE, _pan(flow.x[k])) for k in frames if flow.envelope[k] > loud]
    return found


def _pan(x: float) -> float:
    """(R - L) / (R + L) of the energies of a source at x."""
    return float(np.sin(x * np.pi / 2))
