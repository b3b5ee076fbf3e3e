"""Which way stereo is made: what each model and input gets, and what can't be."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from moving_squares import RATE, bouncing, clicks, squares

from kling_foley_core.errors import InputError
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.stereo.following import movement_of
from kling_foley_core.stereo.ways import Stereo, followed
from kling_foley_core.systems.assembly import Parts

STEPS = {"steps": 2}


@pytest.fixture(scope="module")
def pipeline() -> FoleyPipeline:
    return FoleyPipeline.from_pretrained("small", device="cpu")


@pytest.fixture(scope="module")
def mono_model(pipeline) -> FoleyPipeline:
    """A model without a renderer of its own, as MMAudio's are."""
    return FoleyPipeline(replace(Parts.of(pipeline.parts), stereo=None), "cpu")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A film, MPEG-4 with frames of 256 x 144."""
    import av

    path = tmp_path_factory.mktemp("clip") / "ball.mp4"
    with av.open(str(path), "w") as out:
        film = out.add_stream("libx264", rate=25)
        film.width, film.height, film.pix_fmt = 256, 144, "yuv420p"
        for frame in squares(2.4, bouncing(0.8, [-0.6]), half=14, size=(144, 256)):
            picture = av.VideoFrame.from_ndarray(frame.permute(1, 2, 0).contiguous().numpy(), format="rgb24")
            out.mux(film.encode(picture))
        out.mux(film.encode(None))
    return path


@pytest.mark.parametrize(
    ("asked", "renderer", "video", "way"),
    [
        (Stereo(), True, True, "coherent"),
        (Stereo(), True, False, "coherent"),
        (Stereo(), False, True, "follow"),
        (Stereo(), False, False, "mono"),
        (Stereo(places=((0, 1),)), True, True, "follow"),
        (Stereo(places=((0, 1),)), False, False, "follow"),
        (Stereo("mono"), True, True, "mono"),
        (Stereo("follow"), True, True, "follow"),
    ],
)
def test_what_is_chosen(asked: Stereo, renderer: bool, video: bool, way: str) -> None:
    assert asked.chosen(renderer=renderer, video=video).way == way


@pytest.mark.parametrize(
    ("asked", "renderer", "video", "message"),
    [
        (Stereo("coherent"), False, True, "no stereo renderer; choose follow or mono"),
        (Stereo("mels"), False, True, "no stereo renderer"),
        (Stereo("follow"), True, False, "no picture to follow"),
        (Stereo("mono", places=((0, 1),)), True, True, "takes no places"),
        (Stereo("wide"), True, True, "stereo = 'wide'"),
        (Stereo(width=2.0), True, True, "width = 2"),
        (Stereo(places=((0, 3),)), True, True, "0:3 lies outside"),
    ],
)
def test_what_can_not_be_is_named(asked: Stereo, renderer: bool, video: bool, message: str) -> None:
    with pytest.raises(InputError, match=message):
        asked.chosen(renderer=renderer, video=video)


def test_a_model_without_a_renderer_follows_the_picture(mono_model, clip) -> None:
    features = mono_model.encode_video(clip)
    assert len(features.movement.moves) == 60
    both = mono_model.generate(features=features, **STEPS).waveform
    mono = mono_model.generate(features=features, stereo="mono", **STEPS).waveform
    assert both.shape == (1, 2, mono.shape[-1]) and mono.shape[1] == 1
    assert (both.mean(1, keepdim=True) - mono).abs().max() < 1e-6
    assert torch.equal(both, mono_model.generate(video=clip, **STEPS).waveform)


def test_words_alone_stay_mono(mono_model) -> None:
    assert mono_model.generate(prompt="rain", seconds=0.7, **STEPS).waveform.shape[1] == 1


def test_a_model_with_a_renderer_follows_when_asked(pipeline, clip) -> None:
    own, followed_one = (
        pipeline.generate(video=clip, stereo=way, **STEPS).waveform for way in ("auto", "follow")
    )
    assert own.shape == followed_one.shape and not torch.equal(own, followed_one)
    with pytest.raises(InputError, match="no picture to follow"):
        pipeline.generate(features=pipeline.encode_video(clip), stereo="follow", **STEPS)


def test_places_by_hand_stand_above_the_picture(pipeline) -> None:
    sound = pipeline.generate(prompt="rain", seconds=1.0, stereo=Stereo(places=((0, -1), (0.5, 1))), **STEPS)
    left, right = sound.waveform[0]
    assert right[:400].abs().max() < 0.1 * left[:400].abs().max() + 1e-6
    assert left[-10000:].abs().max() < 1e-6 < right[-10000:].abs().max()


def test_a_place_behind_the_end_is_refused_before_the_work(pipeline) -> None:
    features = replace(pipeline.encode_frames({}, 1), movement=None)
    with pytest.raises(InputError, match="behind the end"):
        pipeline.generate(features=features, stereo=Stereo(places=((0, 0), (5, 1))), **STEPS)


def test_each_sound_of_a_batch_is_followed_by_itself() -> None:
    moved = movement_of(squares(2.4, bouncing(0.8, [-0.6, 0.6])))
    waves = torch.stack([clicks(2.4, [0.8]), clicks(2.4, [1.6])])[:, None]
    both = followed(waves, RATE, Stereo("follow"), moved)
    assert not torch.equal(both[0] / waves[0], both[1] / waves[1])
    for item in (0, 1):
        alone = followed(waves[item : item + 1], RATE, Stereo("follow"), moved)
        assert torch.equal(both[item : item + 1], alone)


def test_nothing_to_follow_is_an_error() -> None:
    with pytest.raises(InputError, match="movement=True"):
        followed(torch.zeros(1, 1, 100), 16000, Stereo("follow"), None)
