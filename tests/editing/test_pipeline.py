"""Editing by the built-in model, on scenes of Foley World whose true sound is known."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from kling_foley_core.analysis.onsets import onsets
from kling_foley_core.editing import Edit
from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.measures.matching import count, merged
from kling_foley_core.evaluation.runners.clips import video_features
from kling_foley_core.foley_world import make_scene, render_sound, scene_number, truth_of
from kling_foley_core.generation.pipeline import FoleyPipeline

RATE = 44100
FADE = round(0.03 * RATE)
COLLIDE, DRUM = 6, 3  # scenes of world 1: collisions, and strikes in a row


@pytest.fixture(scope="module")
def pipeline() -> FoleyPipeline:
    return FoleyPipeline.from_pretrained("small", device="cpu")


@pytest.fixture(scope="module")
def scene():
    return make_scene(scene_number(1, COLLIDE), "eval", 8.0)


@pytest.fixture(scope="module")
def true(scene) -> torch.Tensor:
    return torch.from_numpy(render_sound(scene, RATE))


@pytest.fixture(scope="module")
def film(pipeline, scene):
    return video_features(pipeline, scene)


def hits(sound: torch.Tensor, scene, begin: float, end: float):
    inside = [time for time in onsets(sound, RATE) if begin <= time < end]
    return count(merged([e.time for e in truth_of(scene).events if begin <= e.time < end]), inside)


def level(sound: torch.Tensor) -> float:
    return float(10 * torch.log10(sound.square().mean() + 1e-12))


def silenced(sound: torch.Tensor, begin: float, end: float) -> torch.Tensor:
    out = sound.clone()
    out[:, round(begin * RATE) : round(end * RATE)] = 0
    return out


def test_a_hole_is_filled_with_what_is_seen_there_and_the_rest_is_kept(pipeline, scene, true, film) -> None:
    holed = silenced(true, 3, 5)
    assert hits(holed, scene, 3, 5).matched == 0
    edit = Edit(holed, RATE, replace=[(3, 5)])
    made = pipeline.generate(features=film, prompt=scene.caption, edit=edit)
    sound = made.waveform[0]
    assert made.sampling_rate == RATE and sound.shape == true.shape
    begin, end = 3 * RATE - FADE, 5 * RATE + FADE
    assert torch.equal(sound[:, :begin], holed[:, :begin]) and torch.equal(sound[:, end:], holed[:, end:])
    found = hits(sound, scene, 3, 5)
    assert found.matched == 3 and found.false <= 1
    inside = slice(3 * RATE, 5 * RATE)
    assert abs(level(sound[:, inside]) - level(true[:, inside])) < 8


def test_a_sound_goes_on_behind_its_end(pipeline, scene, true, film) -> None:
    """At another rate and in mono, which it keeps."""
    from kling_foley_core.media import resample

    beginning = resample(true[:1, : 4 * RATE], RATE, 48000)
    made = pipeline.generate(features=film, prompt=scene.caption, edit=Edit(beginning, 48000, extend=4))
    sound = made.waveform[0]
    assert made.sampling_rate == 48000 and sound.shape == (1, 8 * 48000)
    kept = 4 * 48000 - round(0.03 * 48000)
    assert torch.equal(sound[:, :kept], beginning[:, :kept])
    found = hits(resample(sound, 48000, RATE), scene, 4, 8)
    assert found.f1 > 0.7 and level(sound[:, 4 * 48000 :]) > -60


def test_without_a_film_the_prompt_goes_on(pipeline, true) -> None:
    edit = Edit(true[:, :RATE], RATE, extend=1.5)
    sound = pipeline.generate(prompt="rain", edit=edit, steps=2)
    assert sound.waveform.shape == (1, 2, round(2.5 * RATE))


@pytest.mark.parametrize(("strength", "of_source", "of_film"), [(0.2, 0.9, -0.1), (0.85, -0.1, 0.7)])
def test_the_weaker_the_nearer(pipeline, scene, true, film, strength, of_source, of_film) -> None:
    """Correlation of the levels of 20 ms with the source's, another family's, and with the film's true."""
    source = torch.from_numpy(render_sound(make_scene(scene_number(1, DRUM), "eval", 8.0), RATE))
    edit = Edit(source, RATE, strength=strength)
    made = pipeline.generate(features=film, prompt=scene.caption, steps=10, edit=edit).waveform[0]

    def levels(sound: torch.Tensor) -> np.ndarray:
        return np.log10(sound.square().mean(0).unfold(0, 882, 882).mean(-1).numpy() + 1e-6)

    near = [float(np.corrcoef(levels(made), levels(other))[0, 1]) for other in (source, true)]
    assert near[0] == pytest.approx(of_source, abs=0.4) and near[1] == pytest.approx(of_film, abs=0.4)
    assert (near[0] > near[1]) == (strength < 0.5)


def test_full_strength_and_nothing_kept_is_the_plain_sound(pipeline, true, film) -> None:
    plain = pipeline.generate(features=film, steps=2, seed=3).waveform
    assert torch.equal(
        pipeline.generate(features=film, steps=2, seed=3, edit=Edit(true, RATE)).waveform, plain
    )


def test_a_variation_has_the_level_of_its_source(pipeline, true, film) -> None:
    loud, quiet = (
        pipeline.generate(features=film, steps=4, edit=Edit(gain * true, RATE, strength=0.3)).waveform
        for gain in (1.0, 0.01)
    )
    assert level(loud) - level(true) == pytest.approx(0, abs=2)
    assert level(loud) - level(quiet) == pytest.approx(40, abs=2)


def test_new_sound_in_silence_has_a_level(pipeline, film) -> None:
    edit = Edit(torch.zeros(1, 8 * RATE), RATE, replace=[(2, 6)])
    sound = pipeline.generate(features=film, steps=4, edit=edit).waveform[0]
    assert level(sound[:, 3 * RATE : 5 * RATE]) > -60


def test_of_a_batch_each_take_keeps_the_same(pipeline, true, film) -> None:
    edit = Edit(true, RATE, replace=[(3, 5)])
    a, b = pipeline.generate(features=film, steps=2, batch=2, edit=edit).waveform
    begin = 3 * RATE - FADE
    assert torch.equal(a[:, :begin], b[:, :begin]) and not torch.equal(a[:, 3 * RATE :], b[:, 3 * RATE :])


def test_of_a_long_sound_only_the_windows_of_the_part_are_evaluated(pipeline, monkeypatch) -> None:
    """15 s in windows of 10 s, each step of every window one call of the network."""
    sound = 0.01 * torch.randn(1, 15 * RATE, generator=torch.Generator().manual_seed(0))
    calls = []
    model = pipeline.parts.generator
    velocity = model.velocity
    monkeypatch.setattr(model, "velocity", lambda x, *more: (calls.append(x.shape), velocity(x, *more))[1])
    made = pipeline.generate(edit=Edit(sound, RATE, replace=[(1, 2)]), steps=2)
    assert len(calls) == 2 and torch.equal(made.waveform[0][:, 3 * RATE :], sound[:, 3 * RATE :])
    calls.clear()
    pipeline.generate(edit=Edit(sound, RATE), steps=2)
    assert len(calls) == 4


def test_a_sound_and_a_film_of_other_lengths_are_refused_before_the_work(pipeline, true, film) -> None:
    seen = []
    with pytest.raises(InputError, match="the sound has 5.000 s, the film 8.000 s"):
        edit = Edit(true[:, : 5 * RATE], RATE, replace=[(1, 2)])
        pipeline.generate(features=film, edit=edit, progress=lambda *a: seen.append(a))
    with pytest.raises(InputError, match="seconds = 3: the edited sound's length, 8.000 s"):
        pipeline.generate(edit=Edit(true, RATE, replace=[(1, 2)]), seconds=3)
    assert not seen


def test_a_film_that_is_a_little_longer_counts(pipeline, true, film) -> None:
    edit = Edit(true[:, : -RATE // 20], RATE, replace=[(3, 3.01)])
    assert pipeline.generate(features=film, steps=1, edit=edit).waveform.shape == (1, 2, 8 * RATE)
    assert film.seconds == Fraction(8)
