"""The table on the built-in small model: references score as they must, the model gets the conditions that
each line says."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks import classifier
from kling_foley_core.evaluation.report.table import by_families, condition_lines, heading
from kling_foley_core.evaluation.runners import clips, world
from kling_foley_core.evaluation.runners.clips import groups
from kling_foley_core.evaluation.runners.conditions import (
    ALL,
    CEILING,
    CHANCE,
    CONDITIONS,
    MODEL,
    REFERENCES,
    TRUE,
)
from kling_foley_core.flow import noise, time_grid
from kling_foley_core.generation.pipeline import FoleyPipeline

RATE = 44100


@pytest.fixture(autouse=True)
def short(monkeypatch) -> None:
    monkeypatch.setattr(classifier, "STEPS", 40)
    monkeypatch.setattr(classifier, "FRAMES", 1200)
    monkeypatch.setattr(clips, "LENGTHS", (2.0, 3.0))
    monkeypatch.setattr(clips, "GROUP", 2)


@pytest.fixture(scope="module")
def pipeline() -> FoleyPipeline:
    return FoleyPipeline.from_pretrained("small", device="cpu")


def test_groups_are_held_out_and_never_alone(pipeline) -> None:
    found = list(groups(pipeline, 5, seed=4))
    assert [len(g.scenes) for g in found] == [2, 3]
    assert {s.split for g in found for s in g.scenes} == {"eval"}
    assert [s.seed for g in found for s in g.scenes] == [4_000_000 + i for i in range(5)]
    assert [float(g.video.seconds) for g in found] == [2.0, 3.0]
    with pytest.raises(InputError, match="2 or more"):
        next(groups(pipeline, 1, seed=0))


def test_the_model_gets_the_conditions_that_each_line_says(pipeline) -> None:
    group, times = next(groups(pipeline, 2, seed=0)), time_grid(2)
    latents = {
        name: world.sample(pipeline, group, given, times, 2.0, 0) for name, given in CONDITIONS.items()
    }
    for name, given in CONDITIONS.items():
        same = given in (ALL, CONDITIONS["stereo conditioning off"])
        assert torch.equal(latents[name], latents[MODEL]) == same, name
    alone = group.video.visual[:1], group.video.sync[:1]
    video = replace(group.video, visual=alone[0], sync=alone[1])
    length = latents[MODEL].shape[1]
    one = pipeline.sample(
        video, pipeline.encode_text(group.scenes[0].caption), None, times, 2.0, x0=noise(0, 1, 16, length)
    )
    assert (one - latents[MODEL][:1]).abs().max() < 1e-4  # a group is its clips


def test_the_whole_table(pipeline, tmp_path) -> None:
    kept, measured = [], {}

    def told(name: str, found: dict) -> None:
        assert len(kept) == 2 * (len(measured) + 1), "before the next condition's sounds are made"
        measured[name] = found

    result = world.evaluate(
        pipeline,
        2,
        0,
        steps=1,
        cache=tmp_path,
        classifier_scenes=12,
        keep=lambda *call: kept.append(call),
        measured=told,
    )
    lines = result["conditions"]
    assert list(lines) == list(measured) == [*REFERENCES, *CONDITIONS] and len(kept) == 2 * len(lines)
    assert all(sound.shape == (2, 2 * RATE) for _, _, sound in kept)
    for name, found in measured.items():
        assert found["conditions"][name] == lines[name]
        assert found["intervals"][name] == result["intervals"][name]
    json.dumps(result)
    assert result["intervals"].keys() == lines.keys()
    families = result["families"].values()
    assert sum(family["clips"] for family in families) == 2
    whole = [
        heading(),
        *(row for name in measured for row in condition_lines(name, measured[name]).split("\n")),
    ]
    assert len(whole) == 1 + 3 * len(lines) and len({len(line) for line in whole}) == 1
    apart = by_families(result["families"]).split("\n")
    assert len(apart) == 2 + len(families) and len({*map(len, apart[1:])}) == 1
    assert {TRUE, CEILING, CHANCE} <= set(lines)


def test_ceiling_keeps_length_and_sides(pipeline) -> None:
    group = next(groups(pipeline, 2, seed=0))
    silent_left = torch.stack([torch.zeros_like(group.sounds[0][0]), group.sounds[0].sum(0)])
    decoded = world.through_codec(pipeline, silent_left, group.video)
    assert decoded.shape == group.sounds[0].shape
    assert decoded[0].square().mean() < 0.05 * decoded[1].square().mean()
