"""The small visual encoder: a vector a frame, each on its own, that knows where things are."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.encoders.presets import VISUAL_SMALL
from kling_foley_core.encoders.visual import look as module
from kling_foley_core.encoders.visual.look import LookConfig, LookEncoder
from kling_foley_core.errors import InputError

TOY = LookConfig(image_size=16, widths=(8, 8), projection=16)


def toy() -> LookEncoder:
    torch.manual_seed(0)
    return LookEncoder(TOY).eval()


@torch.no_grad()
def test_frames_are_independent_and_chunks_change_nothing(monkeypatch) -> None:
    encoder = toy()
    frames = torch.randint(0, 256, (2, 5, 3, 16, 16)).byte()
    vectors = encoder(frames)
    assert vectors.shape == (2, 5, 16)
    torch.testing.assert_close(encoder(frames[:, 3:4]), vectors[:, 3:4], atol=1e-5, rtol=0)
    monkeypatch.setattr(module, "CHUNK", 3)
    steps = []
    torch.testing.assert_close(
        encoder(frames, progress=lambda *s: steps.append(s)), vectors, atol=1e-5, rtol=0
    )
    assert steps[-1] == ("visual features", 10, 10)


@torch.no_grad()
def test_a_thing_on_the_left_is_not_one_on_the_right() -> None:
    frame = torch.full((1, 1, 3, 16, 16), 90, dtype=torch.uint8)
    frame[..., 4:8, 1:4] = 250
    encoder = toy()
    assert (encoder(frame) - encoder(frame.flip(-1))).abs().max() > 0.05


@torch.no_grad()
def test_started_loud_pictures_look_more_different() -> None:
    """Coloured walls and floors with a square on them; vectors are of one size, so only differences count."""
    draw = torch.Generator().manual_seed(0)
    frames = (
        torch.randint(60, 200, (1, 8, 3, 2, 1), generator=draw)
        .byte()
        .repeat_interleave(32, 3)
        .repeat(1, 1, 1, 1, 64)
    )
    for k in range(8):
        frames[:, k, :, 30:40, 6 * k : 6 * k + 10] = torch.randint(0, 256, (3, 1, 1), generator=draw).byte()
    torch.manual_seed(0)
    plain = LookEncoder(VISUAL_SMALL).eval()
    before = plain(frames).std(1).mean()
    plain.start_loud()
    assert plain(frames).std(1).mean() > 1.3 * before


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="multiple of 16"):
        LookConfig(image_size=24, widths=(8, 8), projection=16)


def test_view_says_what_to_read() -> None:
    view = LookEncoder(VISUAL_SMALL, device="meta").view
    assert (view.fps, view.size, view.fit) == (8, 64, "stretch")
