"""The built-in model: whole, small, and it hears what it sees."""

from __future__ import annotations

from clicks import sharpest

from kling_foley_core import demo
from kling_foley_core.analysis.onsets import onsets
from kling_foley_core.checkpoints import recognise
from kling_foley_core.evaluation.measures.matching import hits_of
from kling_foley_core.foley_world import truth_of
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.presets import SMALL
from kling_foley_core.training.bundle import PARTS as KINDS
from kling_foley_core.weights import BUILT_IN

MEGABYTES = 40


def test_all_parts_are_in_one_small_file() -> None:
    assert BUILT_IN.stat().st_size <= MEGABYTES * 1e6
    held = recognise(BUILT_IN).config
    assert held == {kind: getattr(SMALL, part) for kind, part in KINDS.items()}


def test_impacts_are_heard_where_they_are_seen() -> None:
    """On the embedded clip, which no training has seen; without the picture, words don't tell when."""
    pipeline, scene = FoleyPipeline.from_pretrained("small", device="cpu"), demo.scene()
    seen = pipeline.generate(video=demo.CLIP, prompt=scene.caption)
    told = pipeline.generate(prompt=scene.caption, seconds=demo.SECONDS)
    with_picture, without = (
        hits_of(onsets(s.waveform[0], s.sampling_rate), truth_of(scene)).f1 for s in (seen, told)
    )
    assert with_picture > 0.6 > 0.4 > without


def test_no_sample_stands_alone() -> None:
    """With the vocoder's own phases this sound had one 3.4 times as high as all around it."""
    sound = FoleyPipeline.from_pretrained("small", device="cpu").generate(prompt="dog barks", seconds=6)
    assert sharpest(sound.waveform[0].mean(0)) < 2
