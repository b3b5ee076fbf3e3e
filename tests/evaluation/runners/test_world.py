"""The table on the built-in small model: references score as they must, rows are given what they say."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks import classifier
from kling_foley_core.evaluation.networks.segments import BACKGROUND, NOTHING, Example
from kling_foley_core.evaluation.networks.sound_classifiers import trained_listener
from kling_foley_core.evaluation.report.pictures import clip_picture, true_places
from kling_foley_core.evaluation.report.table import table
from kling_foley_core.evaluation.runners import clips, codec, world
from kling_foley_core.evaluation.runners.clips import groups
from kling_foley_core.evaluation.runners.conditions import ALL, CEILING, CHANCE, MODEL, REFERENCES, ROWS, TRUE
from kling_foley_core.evaluation.runners.scores import _text, counts, score_clip, summarise
from kling_foley_core.flow import noise, time_grid
from kling_foley_core.foley_world import make_scene, render_sound, truth_of
from kling_foley_core.pipeline import FoleyPipeline
from kling_foley_core.preview import rows

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


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One folder, so that the little listener is trained once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def listener(cache, short):
    return trained_listener(cache, 12)


def test_true_sound_scores_and_another_clips_does_not(listener) -> None:
    scenes = [
        make_scene(i, "eval", 5.0, family=f) for i, f in enumerate(("anvil", "bounce", "drops", "roll"))
    ]
    sounds = [torch.from_numpy(render_sound(scene)) for scene in scenes]

    def judged(heard):
        pieces = zip(heard, scenes, sounds, strict=True)
        return [score_clip(h, RATE, truth_of(s), true, listener) for h, s, true in pieces]

    own, other = summarise(judged(sounds)), summarise(judged([*sounds[1:], sounds[0]]))
    assert own["f1"] > 0.9 > 0.4 > other["f1"]
    assert own["pan_r"] > 0.9 and abs(other["pan_r"]) < 0.5
    assert own["loudness_hits_r"] > 0.8 > other["loudness_hits_r"]
    assert counts(judged(sounds))["events"] > 15


def test_an_ambience_where_there_is_none_is_counted() -> None:
    pairs = [("rain", "rain"), (NOTHING, "rain"), (NOTHING, NOTHING), (NOTHING, NOTHING)]
    found = _text([(Example(BACKGROUND, torch.zeros(1), true), heard) for true, heard in pairs])
    assert found["ambience"] == 1 == found["text"]
    assert found["false_ambience"] == pytest.approx(1 / 3)


def test_mono_sound_can_be_judged(listener) -> None:
    scene = make_scene(1, "eval", 3.0, family="anvil")
    sound = torch.from_numpy(render_sound(scene))
    score = score_clip(sound.mean(0, keepdim=True), RATE, truth_of(scene), sound, listener)
    assert all(abs(heard) < 1e-6 for _, heard in score.pans.hits)
    with pytest.raises(InputError, match="channels"):
        score_clip(torch.zeros(3, RATE), RATE, truth_of(scene), sound, listener)


def test_groups_are_held_out_and_never_alone(pipeline) -> None:
    found = list(groups(pipeline, 5, seed=4))
    assert [len(g.scenes) for g in found] == [2, 3]
    assert {s.split for g in found for s in g.scenes} == {"eval"}
    assert [s.seed for g in found for s in g.scenes] == [4_000_000 + i for i in range(5)]
    assert [float(g.video.seconds) for g in found] == [2.0, 3.0]
    with pytest.raises(InputError, match="2 or more"):
        next(groups(pipeline, 1, seed=0))


def test_every_row_is_given_what_it_says(pipeline) -> None:
    group, times = next(groups(pipeline, 2, seed=0)), time_grid(2)
    latents = {row: world.sample(pipeline, group, given, times, 2.0, 0) for row, given in ROWS.items()}
    for row, given in ROWS.items():
        same = given in (ALL, ROWS["stereo conditioning off"])
        assert torch.equal(latents[row], latents[MODEL]) == same, row
    alone = group.video.visual[:1], group.video.sync[:1]
    video = replace(group.video, visual=alone[0], sync=alone[1])
    length = latents[MODEL].shape[1]
    one = pipeline.sample(
        video, pipeline.encode_text(group.scenes[0].caption), None, times, 2.0, x0=noise(0, 1, 16, length)
    )
    assert (one - latents[MODEL][:1]).abs().max() < 1e-4  # a group is its clips


def test_the_whole_table(pipeline, cache) -> None:
    kept = []
    result = world.evaluate(
        pipeline, 2, 0, steps=1, cache=cache, listener_scenes=12, keep=lambda *call: kept.append(call)
    )
    assert list(result["rows"]) == [*REFERENCES, *ROWS] and len(kept) == 2 * len(result["rows"])
    assert all(sound.shape == (2, 2 * RATE) for _, _, sound in kept)
    json.dumps(result)
    text = table(result).splitlines()
    assert len(text) == 1 + len(result["rows"]) and len({len(line) for line in text}) == 1
    assert {TRUE, CEILING, CHANCE} <= set(result["rows"])


def test_ceiling_keeps_length_and_sides(pipeline) -> None:
    group = next(groups(pipeline, 2, seed=0))
    silent_left = torch.stack([torch.zeros_like(group.sounds[0][0]), group.sounds[0].sum(0)])
    coded = world.through_codec(pipeline, silent_left, group.video)
    assert coded.shape == group.sounds[0].shape
    assert coded[0].square().mean() < 0.05 * coded[1].square().mean()


def test_picture_has_true_and_heard_onsets_and_places() -> None:
    scene = make_scene(0, "eval", 3.0, family="mixed")
    image = clip_picture(scene, torch.from_numpy(render_sound(scene)), RATE)
    colours = {colour for _, colour in image.getcolors(1 << 20)}
    assert {rows.MARK, rows.HEARD, rows.TRUE} <= colours
    assert all(0 <= t <= 3 and -1 <= pan <= 1 for t, pan in true_places(truth_of(scene)))


class Bank:
    """Two held-out sounds."""

    def select(self, split, kind):
        return [kind] if split == "held_out" and kind in ("speech", "music") else []

    def wave_of(self, entry):
        draw = torch.Generator().manual_seed(len(entry))
        return 0.1 * torch.randn(22050, generator=draw)


def test_codec_table(pipeline) -> None:
    result = codec.evaluate_codec(pipeline.parts.codec, Bank())
    assert list(result["rows"]) == ["speech: mel", "speech: codec", "music: mel", "music: codec"]
    assert result["clips"]["speech"] == 1 and result["clips"]["effects"] == 0
    assert all(v is not None for k, v in result["rows"]["music: codec"].items() if k != "pesq")
    assert "SI-SDR" in codec.codec_table(result)
