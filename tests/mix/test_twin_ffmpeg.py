"""Loudness and true peak against FFmpeg's own meter (the filter ebur128), which says tenths."""

from __future__ import annotations

import gc
import re
from contextlib import suppress
from fractions import Fraction

import av
import av.logging
import numpy as np
import pytest
import torch
from mix_tones import noise

from kling_foley_core.mix import levels_of
from kling_foley_core.mix.limiter import limited

pytestmark = pytest.mark.skipif(
    "ebur128" not in av.filter.filters_available, reason="needs an FFmpeg with ebur128"
)
RATE = 48000


def ffmpeg(wave: torch.Tensor) -> tuple[float, float]:
    """(LUFS, dBTP); the filter prints them when it is taken down."""
    before = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)
    try:
        with av.logging.Capture(local=False) as lines:
            _through_meter(wave)
            gc.collect()
    finally:
        av.logging.set_level(before)
    text = "".join(line[2] for line in lines)
    return tuple(float(re.search(rf"{name}:\s+(-?[\d.]+)", text)[1]) for name in ("I", "Peak"))


def _through_meter(wave: torch.Tensor) -> None:
    clock, graph = Fraction(1, RATE), av.filter.Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="fltp", layout="stereo", time_base=clock)
    meter, sink = graph.add("ebur128", "peak=true:framelog=quiet"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave.numpy()), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, clock
    for given in (frame, None):
        graph.push(given)
        with suppress(av.error.BlockingIOError, av.error.EOFError):
            while True:
                graph.pull()


RISING = noise(4, RATE) * torch.linspace(0.01, 2, 4 * RATE)


@pytest.mark.parametrize(
    "wave", [RISING, 0.1 * RISING, limited([4 * RISING], RATE)[0]], ids=["loud", "quiet", "limited"]
)
def test_figures_are_ffmpegs(wave) -> None:
    levels = levels_of(wave, RATE)
    assert (levels.loudness, levels.peak) == pytest.approx(ffmpeg(wave), abs=0.11)
