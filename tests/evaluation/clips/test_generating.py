"""Sounds of a model: of the judged part, each made once, and what fails stops no other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from clips import write_clip
from judged_clips import RATE, clip

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.clips import generating
from kling_foley_core.evaluation.clips.generating import make_sounds, records_of, wanted_sounds
from kling_foley_core.generation.sound import Sound
from kling_foley_core.media import load_audio
from kling_foley_core.progress import silent


@dataclass
class Pipeline:
    asked: list[dict] = field(default_factory=list)

    def generate(self, **asked) -> Sound:
        self.asked.append(asked)
        if asked["prompt"] == "fail":
            raise InputError("no sound today.")
        return Sound(torch.full((1, 2, round(float(asked["seconds"]) * RATE)), 0.1), RATE)


@pytest.fixture
def pipeline(monkeypatch) -> Pipeline:
    made = Pipeline()
    monkeypatch.setattr(generating.FoleyPipeline, "from_pretrained", lambda *_, **__: made)
    return made


def test_the_judged_part_of_each_film_is_made_once(tmp_path, pipeline) -> None:
    film = write_clip(tmp_path / "a.mp4", 2.0)
    clips = [
        clip("whole", str(film), caption="rain"),
        clip("x/late", str(film), caption="wind", start=1.5),
        clip("part", str(film), seconds=0.5),
        clip("words", caption="a bell"),
        clip("wrong", str(film), caption="fail"),
    ]
    wanted, failed = wanted_sounds(clips, 1.0), []
    records = records_of(tmp_path / "sounds", "small")

    def make() -> dict[str, Path | str]:
        return make_sounds(
            wanted, records, "small", ["cpu"], silent, lambda c, why: failed.append((c.id, why))
        )

    made = make()
    asked = [(a["prompt"], a.get("video"), a.get("start"), a["seconds"]) for a in pipeline.asked]
    assert asked == [
        ("rain", film, 0.0, 1.0),
        ("wind", film, 1.5, Fraction(1, 2)),
        ("", film, 0.0, 0.5),
        ("a bell", None, None, 1.0),
        ("fail", film, 0.0, 1.0),
    ]
    assert len({a["seed"] for a in pipeline.asked}) == 5, "a noise of its own for each"
    assert made["x/late"] == tmp_path / "sounds" / "x" / "late.wav"
    assert load_audio(made["x/late"])[0].shape == (2, RATE // 2)
    assert made["wrong"] == "no sound was made: no sound today."
    assert failed == [("wrong", "no sound today.")]
    assert not list(tmp_path.rglob("*.jpg"))
    again = make()
    assert again == made and len(pipeline.asked) == 6, "what failed is tried again"
    changed = [replace(one, prompt="snow") if one.id == "whole" else one for one in wanted]
    make_sounds(changed, records, "small", ["cpu"], silent, lambda *_: None)
    assert [a["prompt"] for a in pipeline.asked[6:]] == ["snow", "fail"]


def test_weights_that_are_missing_are_named_before_the_work(tmp_path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        records_of(tmp_path, str(tmp_path / "nowhere"))
