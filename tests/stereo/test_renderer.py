"""The stereo renderer: gains that mean something before training, and sync features that act at their
time."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import torch
from codec_networks import STEREO, seeded

from kling_foley_core.errors import InputError
from kling_foley_core.stereo import StereoConfig, StereoRenderer


def mel(batch: int = 1, frames: int = 48) -> torch.Tensor:
    return torch.randn(batch, 20, frames, generator=torch.Generator().manual_seed(0)) * 2 - 5


@torch.inference_mode()
def test_untrained_the_sound_is_in_the_middle() -> None:
    sync = torch.randn(2, 9, 6)
    assert torch.equal(StereoRenderer(STEREO).gains(mel(2), sync), torch.ones(2, 2, 20, 48))


@torch.inference_mode()
def test_gains_are_positive_and_sum_to_two_even_for_wild_weights() -> None:
    net = seeded(StereoRenderer, STEREO)
    net.head.weight.mul_(1e3)
    gains = net.gains(mel(), torch.randn(1, 9, 6))
    assert gains.isfinite().all() and gains.min() >= 0 and gains.max() <= 2
    assert gains.min() < 1e-3 and gains.max() > 1.999
    assert (gains.sum(1) - 2).abs().max() <= 2.4e-7  # one rounding of float32 at 2


@torch.inference_mode()
def test_the_pan_logit_is_the_logarithm_of_left_over_right() -> None:
    net = seeded(StereoRenderer, STEREO)
    logit = net(mel())
    left, right = net.gains(mel()).unbind(1)
    torch.testing.assert_close((left / right).log(), logit, atol=1e-4, rtol=1e-4)
    assert logit.std() > 0.01


@torch.inference_mode()
def test_sync_features_act_at_their_time() -> None:
    net = seeded(StereoRenderer, STEREO)
    sync = torch.randn(1, 12, 6, generator=torch.Generator().manual_seed(1))
    changed = sync.clone()
    changed[:, 6] += torch.randn(6, generator=torch.Generator().manual_seed(2))
    touched = (net(mel(), changed) - net(mel(), sync)).abs().amax((0, 1)).nonzero().flatten()
    # 48 mel frames for 12 tokens: token 6 covers frames 24..27; dilations 1, 2, 4 with kernel 3 reach 7
    # frames on.
    assert (touched.min(), touched.max()) == (24 - 7, 27 + 7)


@torch.inference_mode()
def test_each_frame_has_the_token_nearest_in_time() -> None:
    net = seeded(StereoRenderer, STEREO)
    for frames, tokens in ((690, 192), (7, 9), (48, 12), (5, 5)):
        sync = torch.randn(1, tokens, 6)
        projected = net.sync_proj(net.sync_norm(sync))
        nearest = [math.floor(Fraction(2 * i + 1, 2) * tokens / frames) for i in range(frames)]
        found = net._projected(sync, frames, slice(0, frames), mel(1, frames))
        assert torch.equal(found, projected[:, nearest])


@torch.inference_mode()
def test_without_video_it_still_renders() -> None:
    net = seeded(StereoRenderer, STEREO)
    assert net.gains(mel()).shape == (1, 2, 20, 48)
    deaf = StereoRenderer(StereoConfig(**{**vars(STEREO), "sync_dim": None}))
    assert not any("sync" in n for n in deaf.state_dict())
    with pytest.raises(InputError, match="no input for them"):
        deaf.gains(mel(), torch.zeros(1, 4, 6))


def test_wrong_shapes_are_named() -> None:
    net = StereoRenderer(STEREO)
    with pytest.raises(InputError, match=r"log mel has shape \[1, 21, 4\]"):
        net.gains(torch.zeros(1, 21, 4))
    for shape in ((1, 4, 7), (2, 4, 6), (1, 0, 6), (4, 6)):
        with pytest.raises(InputError, match="sync features have shape"):
            net.gains(mel(), torch.zeros(shape))
    with pytest.raises(ValueError, match="odd"):
        StereoConfig(**{**vars(STEREO), "kernel": 4})


@torch.inference_mode()
@pytest.mark.parametrize("tokens", [None, 3, 57, 300])
def test_chunks_change_nothing(tokens) -> None:
    """With the reach that the network says it has; a frame less shows."""
    net = seeded(StereoRenderer, STEREO)
    sync = None if tokens is None else torch.randn(1, tokens, 6)
    whole = net.gains(mel(1, 200), sync)
    torch.testing.assert_close(net.gains(mel(1, 200), sync, chunk=33), whole, atol=1e-6, rtol=0)
    changed = mel(1, 200)
    changed[..., 100] = math.nan  # spreads to all that depends on it, however little
    depends = net.gains(changed, sync)[0, 0, 0].isnan().nonzero().flatten()
    assert depends.min() == 100 - net.reach and depends.max() == 100 + net.reach
