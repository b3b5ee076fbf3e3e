"""The pipeline as a user meets it, on the built-in small model: lengths, seeds, batches, progress, bad
input."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
import torch
from clips import write_clip

from kling_foley_core.errors import InputError
from kling_foley_core.flow import time_grid
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.generation.video_features import VideoFeatures
from kling_foley_core.presets import PRESETS, usual_guidance

STEPS = {"steps": 2}


@pytest.fixture(scope="module")
def pipeline() -> FoleyPipeline:
    return FoleyPipeline.from_pretrained("small", device="cpu")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clip") / "square.mp4")


@pytest.fixture(scope="module")
def features(pipeline, clip):
    return pipeline.encode_video(clip)


@pytest.mark.parametrize(
    ("seconds", "fps"),
    [(1.2, 25), (0.9, 30), (1.0, Fraction(24000, 1001)), (0.32, 25), (0.04, 25), (1.5, 12)],
)
def test_sound_is_as_long_as_the_video_to_the_sample(pipeline, tmp_path, seconds, fps) -> None:
    clip = write_clip(tmp_path / "clip.mp4", seconds, fps)
    sound = pipeline.generate(video=clip, **STEPS)
    frames = max(1, round(seconds * fps))
    assert sound.waveform.shape == (1, 2, round(Fraction(frames) / Fraction(fps) * 44100))
    assert sound.waveform.dtype == torch.float32 and sound.waveform.abs().max() <= 1
    assert torch.isfinite(sound.waveform).all()


def test_a_window_of_a_video(pipeline, clip) -> None:
    sound = pipeline.generate(video=clip, start=0.2, seconds=0.8, **STEPS)
    assert sound.waveform.shape[-1] == round(0.8 * 44100)


def test_the_reference_readers_quirks_are_a_mode_of_their_own(pipeline, tmp_path) -> None:
    """57 frames at 25 fps: 2.28 s, of which the reference hears int(25 * 2.28) = 56 frames' worth and 18 at 8
    fps."""
    clip = write_clip(tmp_path / "clip.mp4", 2.28, 25)
    ours, theirs = pipeline.encode_video(clip), pipeline.encode_video_like_reference(clip)
    assert ours.seconds == Fraction(57, 25) and theirs.seconds < ours.seconds
    assert theirs.sync.shape[1] <= ours.sync.shape[1]
    assert not torch.equal(ours.visual[:, :17], theirs.visual[:, :17])


def test_text_to_audio(pipeline) -> None:
    sound = pipeline.generate(prompt="rain on a tin roof", seconds=1.5, **STEPS)
    assert sound.waveform.shape == (1, 2, 66150)
    other = pipeline.generate(prompt="a large bell", seconds=1.5, **STEPS)
    assert not torch.allclose(sound.waveform, other.waveform)


def test_a_batch_is_its_items(pipeline, features) -> None:
    both = pipeline.generate(features=features, prompt="steps", seed=5, batch=2, **STEPS).waveform
    for i in range(2):
        alone = pipeline.generate(features=features, prompt="steps", seed=5 + i, **STEPS).waveform
        peak = alone.abs().max()  # rounding, which the vocoder's phases carry on
        assert (both[i : i + 1] - alone).abs().max() < 0.02 * peak < 0.1 * (both[0] - both[1]).abs().max()


def test_features_are_computed_once_and_reused(pipeline, clip, features) -> None:
    seen = []
    kept = pipeline.generate(features=features, seed=3, progress=lambda s, *_: seen.append(s), **STEPS)
    assert not {s for s in seen if "features" in s or "video" in s}
    again = pipeline.generate(video=clip, seed=3, **STEPS)
    assert torch.equal(kept.waveform, again.waveform)


def test_video_text_and_negative_reach_the_sound(pipeline, features) -> None:
    base = pipeline.generate(features=features, seed=1, **STEPS).waveform
    blind = replace(features, visual=None, sync=None)
    for changed in (
        {"features": blind},
        {"features": features, "prompt": "thunder"},
        {"features": features, "negative_prompt": "music"},
    ):
        assert not torch.allclose(base, pipeline.generate(seed=1, **changed, **STEPS).waveform, atol=1e-3)


def test_a_text_with_times_acts_in_its_time(pipeline) -> None:
    """A text over all of the sound is the text; of two, each half sounds as its own does over all of it."""
    blank = VideoFeatures(None, None, Fraction(2), 0.0, 2.0)

    def latent(prompt, negative=""):
        texts = pipeline.encode_prompts(prompt, negative, blank.seconds)
        return pipeline.sample(blank, *texts, time_grid(8), 4.5, seed=2)

    rain, crickets = latent("rain outside"), latent("crickets chirping")
    assert torch.equal(latent("[0-2] rain outside"), rain)
    both = latent("[0-1] rain outside [1-2] crickets chirping")
    middle = rain.shape[1] // 2
    for half, own, other in ((slice(middle), rain, crickets), (slice(middle, None), crickets, rain)):
        to_own, to_other = ((both - x)[:, half].square().mean() for x in (own, other))
        assert to_own < 0.1 * to_other
    less_music = latent("rain outside", "[1-] music")
    changed = (less_music - rain).square().mean((0, 2))
    assert changed[middle:].mean() > 10 * changed[: middle - 8].mean() > 0


def test_bad_times_are_told_before_the_video_is_read(pipeline, clip) -> None:
    seen = []
    with pytest.raises(InputError, match=r"\[0-9\] lies outside of the sound, which has 1.2 s"):
        pipeline.generate(video=clip, prompt="[0-9] rain", progress=lambda *s: seen.append(s), **STEPS)
    assert seen == []


def test_the_picture_may_weigh_otherwise_than_the_prompt(pipeline, features) -> None:
    def made(**weights):
        return pipeline.generate(features=features, prompt="rain", seed=1, **weights, **STEPS).waveform

    both = made(guidance=3.0)
    assert torch.equal(both, made(guidance=3.0, picture_guidance=3.0))
    assert not torch.allclose(both, made(guidance=3.0, picture_guidance=1.0), atol=1e-3)


def test_progress_covers_every_stage_and_a_raise_cancels(pipeline, clip) -> None:
    seen: dict[str, tuple[int, int]] = {}
    pipeline.generate(video=clip, progress=lambda s, done, total: seen.update({s: (done, total)}), **STEPS)
    assert set(seen) == {"read video", "visual features", "sync features", "sampling", "vocoder", "decoding"}
    assert all(done == total for done, total in seen.values())

    def stop(stage, done, total):
        if stage == "sampling":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.generate(video=clip, progress=stop, **STEPS)


def test_guidance_is_the_networks_own_where_none_is_asked_for(pipeline, features) -> None:
    usual, asked, other = (
        pipeline.generate(features=features, **how, **STEPS).waveform
        for how in ({}, {"guidance": 2.0}, {"guidance": 4.5})
    )
    assert torch.equal(usual, asked) and not torch.equal(usual, other)
    assert usual_guidance(PRESETS["mmaudio_large_44k_v2"].generator) == 4.5
    assert usual_guidance(PRESETS["small"].generator) == 2.0


def test_callers_tensors_stay_as_they_were(pipeline, features) -> None:
    before = features.visual.clone(), features.sync.clone()
    pipeline.generate(features=features, **STEPS)
    assert torch.equal(before[0], features.visual) and torch.equal(before[1], features.sync)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "seconds = None.*length above 0.*must be said"),
        ({"seconds": float("nan")}, "seconds = nan"),
        ({"seconds": -1}, "seconds = -1"),
        ({"seconds": 1e9}, "at most 21600"),
        ({"seconds": 1, "steps": 0}, "steps = 0"),
        ({"seconds": 1, "steps": 2.5}, "steps = 2.5"),
        ({"seconds": 1, "solver": "heun"}, "solver = heun: give one of adams, euler"),
        ({"seconds": 1, "guidance": float("inf")}, "guidance = inf"),
        ({"seconds": 1, "guidance": -1}, "guidance = -1"),
        ({"seconds": 1, "batch": 0}, "batch = 0"),
        ({"seconds": 1, "picture_guidance": -1}, "picture_guidance = -1"),
        ({"seconds": 1, "prompt": "[0-2] rain"}, r"^prompt: \[0-2\] lies outside"),
        ({"seconds": 1, "negative_prompt": "[1-0.5] rain"}, r"^negative_prompt: \[1-0.5\] runs backwards"),
        ({"video": "nowhere.mp4"}, "nowhere.mp4"),
        ({"video": "nowhere.mp4", "features": "both"}, "both given"),
    ],
)
def test_bad_input_is_named(pipeline, arguments, message) -> None:
    with pytest.raises(InputError, match=message):
        pipeline.generate(**arguments)


def test_a_model_that_is_nowhere(tmp_path) -> None:
    with pytest.raises(InputError, match="neither a preset's name nor a file nor a folder"):
        FoleyPipeline.from_pretrained(tmp_path / "missing", device="cpu")
    with pytest.raises(InputError, match=r"(?s)flow network \(MM-DiT\): Get mmaudio.*no network at all"):
        FoleyPipeline.from_pretrained(tmp_path, device="cpu")
    with pytest.raises(InputError, match="mmaudio_large_44k.*files"):
        FoleyPipeline.from_pretrained("mmaudio_large_44k", device="cpu")


@pytest.mark.parametrize("device", ["abacus", "cuda", "mps", "meta"])
def test_a_device_that_is_not_there(device, monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(InputError, match=f"device {device}"):
        FoleyPipeline.from_pretrained("small", device=device)


def test_a_loud_sound_far_to_one_side_is_turned_down_and_not_clipped(pipeline, features, monkeypatch) -> None:
    """Gains of 1.8 and 0.2 on a sine of 0.9: both channels keep their shape and their ratio."""
    samples = 88 * 512
    sine = 0.9 * torch.sin(torch.arange(samples) * 0.05)[None, None]
    monkeypatch.setattr(pipeline.parts.codec, "vocode", lambda mel, **_: sine[..., : mel.shape[-1] * 512])
    gains = torch.tensor([1.8, 0.2])[None, :, None, None]
    shape = (1, 2, 128, 1)
    monkeypatch.setattr(
        pipeline.parts.stereo, "gains", lambda mel, sync: gains.expand(shape).repeat(1, 1, 1, mel.shape[-1])
    )
    sound = pipeline.decode(torch.zeros(1, 44, 16), features).waveform[0, :, 4096:-8192]
    assert sound.abs().max() <= 1
    assert torch.allclose(sound[0], 9 * sound[1], atol=1e-3)
    mono, want = sound.mean(0), sine[0, 0, 4096 : 4096 + sound.shape[1]]
    assert torch.allclose(mono / mono.abs().max(), want / want.abs().max(), atol=1e-3)


def test_the_papers_way_is_turned_down_and_not_clipped_either(pipeline, features, monkeypatch) -> None:
    """A vocoder that gives a left side of 1.8 and a right one of 0.2: their ratio stays."""
    gains = torch.tensor([1.8, 0.2])[None, :, None, None]
    monkeypatch.setattr(
        pipeline.parts.stereo, "gains", lambda mel, sync: gains.repeat(1, 1, 128, mel.shape[-1])
    )
    codec, sine = pipeline.parts.codec, torch.sin(torch.arange(88 * 512) * 0.05)[None, None]
    monkeypatch.setattr(codec, "decode_mel", lambda z: torch.zeros(1, 128, 88))
    monkeypatch.setattr(
        "kling_foley_core.codec.codec.vocode_in_chunks", lambda vocoder, mel, *_: mel.exp().mean() * sine
    )
    sound = pipeline.decode(torch.zeros(1, 44, 16), features, stereo="mels").waveform[0]
    assert sound.abs().max() <= 1 and torch.allclose(sound[0], 9 * sound[1], atol=1e-3)


def test_the_papers_way_vocodes_a_left_and_a_right_mel(pipeline, features, monkeypatch) -> None:
    """The two sides are made apart, each from its own gains; where every gain is 1, both are the mono mel."""
    left = 1.5
    monkeypatch.setattr(
        pipeline.parts.stereo,
        "gains",
        lambda mel, sync=None: torch.stack([mel * 0 + left, mel * 0 + 2 - left], dim=1),
    )
    passes = []
    vocode = pipeline.parts.codec.vocode
    monkeypatch.setattr(
        pipeline.parts.codec, "vocode", lambda mel, **how: passes.append(mel) or vocode(mel, **how)
    )
    pipeline.generate(features=features, stereo="mels", **STEPS)
    louder = torch.full_like(passes[0], 3.0).log()  # 1.5 against 0.5
    assert len(passes) == 2 and torch.allclose(passes[0] - passes[1], louder, atol=1e-5)
    left = 1.0
    passes.clear()
    apart = pipeline.generate(features=features, stereo="mels", **STEPS).waveform
    assert len(passes) == 2
    coherent = pipeline.generate(features=features, **STEPS).waveform
    assert len(passes) == 3
    assert apart.shape == coherent.shape and (apart - coherent).abs().max() < 1e-3
    with pytest.raises(InputError, match="stereo = 'wide'.*coherent, mels"):
        pipeline.generate(features=features, stereo="wide")
