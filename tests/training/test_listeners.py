"""What the listeners are told about time: values are read where they lie, and moments of a crop are those
of the clip."""

from __future__ import annotations

import pytest
import torch
from training_tiny import WORLDS

from kling_foley_core.codec.presets import MEL_44K
from kling_foley_core.training.parts.audio_encoders import BANDS, MomentListener, at_times, loudness
from kling_foley_core.training.parts.contrastive_batches import MEL_RATE, MOMENTS, mirrored, moments_at
from kling_foley_core.training.worlds import SEEN_LEFT, SEEN_RIGHT, Worlds, render_worlds


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> Worlds:
    return Worlds(render_worlds(WORLDS, MEL_44K, tmp_path_factory.mktemp("cache")), WORLDS.scenes)


def test_values_are_read_between_frames() -> None:
    ramp = torch.arange(10.0)[None, :, None].repeat(2, 1, 3)
    times = torch.tensor([[0.0, 2.25, 8.5, 99.0], [-3.0, 1.0, 4.75, 9.0]])
    assert torch.allclose(at_times(ramp, times)[..., 0], times.clamp(0, 9))


def test_moments_lie_about_their_frames(worlds) -> None:
    """Two for each frame, 10 ms before and after it, whatever the crop; the sound beside them is the
    clip's."""
    whole = worlds.part(0, "mels")
    for first in (0, 7, 20):
        batch = moments_at(worlds, 0, first, 20)
        begin = (first / 25 - 0.01) * MEL_RATE - 0.5 - float(batch.times[0])
        assert begin == pytest.approx(round(begin), abs=1e-3)
        seconds = (batch.times + round(begin) + 0.5) / MEL_RATE
        wanted = (first + torch.arange(20).repeat_interleave(MOMENTS)) / 25 + torch.tensor(
            [-0.01, 0.01]
        ).repeat(20)
        assert (seconds - wanted).abs().max() < 1e-4
        assert torch.equal(
            batch.mels, whole[[SEEN_LEFT, SEEN_RIGHT], :, round(begin) : round(begin) + batch.mels.shape[-1]]
        )
        assert torch.equal(batch.frames, worlds.part(0, "sync")[first : first + 20])


def test_mirrored_both_sides_change_places(worlds) -> None:
    plain = moments_at(worlds, 1, 3, 16)
    turned = mirrored(plain)
    assert torch.equal(turned.frames[..., 0], plain.frames[..., -1])
    assert torch.equal(turned.mels[0], plain.mels[1]) and torch.equal(turned.mels[1], plain.mels[0])
    assert torch.equal(turned.times, plain.times)


def test_loudness_is_where_the_sound_is() -> None:
    mels = torch.full((1, 2, 128, 60), -9.0)
    mels[0, 1, :8, 30:] = 0.0  # the lowest band, on the right, from frame 30 on
    heard = loudness(mels, torch.arange(60.0)[None])[0]
    assert heard.shape == (60, 4 * BANDS)
    level, rise = heard[:, BANDS], heard[:, 3 * BANDS]
    assert level[40] - level[20] > 2 and heard[:, 0].abs().max() == 0
    assert rise.argmax() in (30, 31)


@torch.no_grad()
def test_the_moment_listener_hears_sides() -> None:
    torch.manual_seed(0)
    listener, mels = MomentListener(16, 8, 4), torch.randn(1, 2, 16, 40)
    times = torch.tensor([[20.0]])
    assert not torch.allclose(listener(mels, times), listener(mels.flip(1), times), atol=1e-3)
    later = mels.clone()
    later[..., 32:] = 0
    assert torch.equal(listener(mels, times), listener(later, times))  # out of reach
