"""Sampling in windows against its plain twin; one window is the whole clip as it ever was."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from kling_foley_core.flow import SOLVERS, euler, features_in, guided, noise, time_grid
from kling_foley_core.flow.windows import weights
from kling_foley_core.generation import sampling
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.generation.sampling import Weights, sample, windows_of
from kling_foley_core.mmdit import Features, MMDiT
from kling_foley_core.presets import PRESETS, mel_of
from kling_foley_core.prompts import TimedTokens
from kling_foley_core.systems.assembly import Parts
from kling_foley_core.timing import latent_frames, sync_tokens, visual_frames

TIMES, WEIGHT = time_grid(3), 2.0


@pytest.fixture(scope="module")
def parts() -> Parts:
    return FoleyPipeline.from_pretrained("small", device="cpu").parts


def given(config, seconds: float, **place: float) -> tuple[Features, torch.Tensor]:
    """Drawn features of a clip, and a noise of two sounds."""
    draw = torch.Generator().manual_seed(1)
    features = Features.of(
        seconds,
        visual=torch.randn(1, visual_frames(seconds), config.visual_dim, generator=draw),
        sync=torch.randn(1, sync_tokens(seconds), config.sync_dim, generator=draw),
        text=torch.randn(1, 5, config.text_dim, generator=draw),
        **place,
    )
    mel = mel_of(config)
    return features, noise(3, 2, config.latent_dim, latent_frames(seconds, mel.sampling_rate, mel.hop))


def found(model, features: Features, seconds: float, x: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        texts = TimedTokens.of(features.text), TimedTokens.of(None)
        return sample(model, features, *texts, seconds, x, TIMES, Weights(WEIGHT), torch.float32)


@pytest.mark.parametrize("seconds", [1.5, 9.9])
def test_one_window_is_the_whole_bit_by_bit(parts, seconds) -> None:
    model = parts.generator
    features, x = given(model.config, seconds, start=1.0, total=12.0)
    with torch.inference_mode():
        branches = [
            model.condition(f, x.shape[1]) for f in (features, features.without_video().with_text(None))
        ]
        field = guided(model, *(type(c)(*(v.expand(2, *v.shape[1:]) for v in c)) for c in branches), WEIGHT)
        plain = model.unnormalize(euler(field, x, TIMES))
    assert torch.equal(found(model, features, seconds, x), plain)


def tiny(name: str) -> MMDiT:
    """A network of this preset's kind, with drawn weights and 32 wide."""
    narrow = {"hidden_dim": 32, "num_heads": 2, "joint_depth": 1, "audio_depth": 1}
    torch.manual_seed(0)
    model = MMDiT(replace(PRESETS[name].generator, **narrow, visual_dim=11, sync_dim=9, text_dim=7))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return model.eval()


@pytest.mark.parametrize(
    ("name", "count"),
    [("small", 3), ("mmaudio_small_16k", 4), ("mmaudio_large_44k_v2", 4), ("kling_foley_1.5b", 3)],
)
def test_windows_are_clips_of_their_own_joined_at_every_step(parts, monkeypatch, name, count) -> None:
    """Every window alone, conditions and all, and a weighted sum frame by frame. The end of the source is
    told as it is: 40 s after the clip's start."""
    model, seconds = parts.generator if name == "small" else tiny(name), 21.3
    features, x = given(model.config, seconds, start=5.0, total=45.0)
    windows = windows_of(model.config, features, seconds, x.shape[1])
    assert len(windows) == count
    plain = x
    with torch.inference_mode():
        for t, t_next in zip(TIMES[:-1], TIMES[1:], strict=True):
            v = torch.zeros_like(x)
            for window, share in zip(windows, weights(windows), strict=True):
                cut = Features.of(
                    window.seconds,
                    visual=features.visual[:, window.visual],
                    sync=features.sync[:, window.sync],
                    text=features.text,
                    start=5.0 + float(window.start),
                    total=45.0,
                )
                for i in range(2):
                    piece = plain[i : i + 1, window.frames]
                    p, n = (model(piece, t[None], f) for f in (cut, cut.without_video().with_text(None)))
                    v[i, window.frames] += share[:, None] * (WEIGHT * p + (1 - WEIGHT) * n)[0]
            plain = plain + (t_next - t) * v
        plain = model.unnormalize(plain)
    kept = found(model, features, seconds, x)
    torch.testing.assert_close(kept, plain, rtol=0, atol=2e-4)
    monkeypatch.setattr(sampling, "KEPT", 1)
    assert torch.equal(found(model, features, seconds, x), kept)  # what is not kept is made again


def test_of_a_batch_so_many_fewer_windows_conditions_are_kept(monkeypatch) -> None:
    """Two sounds, 4 windows, room for 4 of one sound: 2 windows are kept, 2 made again at every step."""
    model, made = tiny("mmaudio_small_16k"), []
    features, x = given(model.config, 21.3)
    condition = model.condition
    monkeypatch.setattr(model, "condition", lambda *args: made.append(1) or condition(*args))
    monkeypatch.setattr(sampling, "KEPT", 4)
    found(model, features, 21.3, x)
    assert len(made) == 2 * (2 + 2 * (len(TIMES) - 1))


def test_only_the_end_of_the_source_is_near_its_end(parts) -> None:
    """The countdown of the small model: frames of a window speak of the whole clip's end."""
    model, seconds = parts.generator, 30.0
    features = Features.of(seconds)
    frames = latent_frames(seconds, 44100, 512)
    whole = model._countdown(features, frames, torch.zeros(1))
    for window in windows_of(model.config, features, seconds, frames):
        count = window.frames.stop - window.frames.start
        part = model._countdown(features_in(window, features), count, torch.zeros(1))
        torch.testing.assert_close(part, whole[:, window.frames], rtol=0, atol=6e-3)
    assert not torch.equal(whole[:, -1], whole[:, 0])


def test_a_pipeline_makes_clips_of_any_length(parts) -> None:
    sound = FoleyPipeline(parts).generate(prompt="rain", seconds=11.0, steps=1)
    assert sound.waveform.shape == (1, 2, 11 * 44100)


def test_the_solver_is_chosen_by_name_and_brings_its_steps(parts) -> None:
    pipeline = FoleyPipeline(parts)

    def made(**how) -> torch.Tensor:
        return pipeline.generate(prompt="rain", seconds=0.5, **how).waveform

    assert torch.equal(made(), made(solver="adams", steps=SOLVERS["adams"].steps))
    assert not torch.equal(made(steps=3), made(solver="euler", steps=3))


def test_adams_errs_less_than_euler_on_a_network(parts) -> None:
    model, seconds = parts.generator, 1.0
    features, x = given(model.config, seconds)

    def found_by(solver: str, steps: int) -> torch.Tensor:
        texts, method = (TimedTokens.of(features.text), TimedTokens.of(None)), SOLVERS[solver]
        times, how = method.times(steps), (Weights(WEIGHT), torch.float32)
        with torch.inference_mode():
            return sample(model, features, *texts, seconds, x[:1], times, *how, follow=method.follow)

    fine = found_by("adams", 24)
    assert (found_by("adams", 8) - fine).norm() < (found_by("euler", 8) - fine).norm()


def test_progress_counts_steps_and_of_a_long_clip_windows(parts) -> None:
    pipeline = FoleyPipeline(parts)

    def seen(seconds: float) -> list[tuple[int, int]]:
        told = []
        pipeline.generate(seconds=seconds, steps=2, progress=lambda *step: told.append(step))
        return [(done, all_) for stage, done, all_ in told if stage == "sampling"]

    assert seen(1.0) == [(1, 2), (2, 2)]
    assert seen(21.3) == [(i, 6) for i in range(1, 7)]
