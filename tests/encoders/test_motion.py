"""The small sync encoder: its tokens lie where the generator lays them, and see what happens there."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.encoders.presets import SYNC_SMALL
from kling_foley_core.encoders.sync import motion as module
from kling_foley_core.encoders.sync.motion import MotionConfig, MotionEncoder, changes, tokens_of
from kling_foley_core.errors import InputError
from kling_foley_core.mmdit.inputs import to_length
from kling_foley_core.timing import sync_tokens

TOY = MotionConfig(
    image_size=16, widths=(8,), hidden=16, kernel=3, dim=16, beyond="reflect", fine=4, reach=(1, 2)
)


def toy(seed: int = 0) -> MotionEncoder:
    torch.manual_seed(seed)
    return MotionEncoder(TOY).eval()


def noise(count: int, batch: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(count)
    return torch.randint(0, 256, (batch, count, 3, 16, 16), generator=generator).byte()


@pytest.mark.parametrize("seconds", [0.64, 1.0, 3.92, 8.0, 10.0])
def test_as_many_tokens_as_the_generator_expects(seconds) -> None:
    every_frame = torch.zeros(1, int(seconds * 25), 4)
    assert tokens_of(every_frame).shape == (1, sync_tokens(seconds), 4)


@pytest.mark.parametrize("frames", [50, 98, 200])
def test_a_frames_time_survives_the_way_to_the_latent(frames) -> None:
    """Vectors that hold their own time in seconds, read as tokens and up-sampled, hold the time of each
    latent frame."""
    every_frame = (torch.arange(frames) / 25)[None, :, None]
    latents = round(frames / 25 * 44100 / 1024)
    times = to_length(tokens_of(every_frame), latents, "linear")[0, :, 0]
    wanted = (torch.arange(latents) + 0.5) * frames / 25 / latents
    inside = slice(2, -3)  # the ends are held
    assert (times - wanted)[inside].abs().max() < 1e-3


@torch.no_grad()
def test_a_flash_lights_the_tokens_of_its_moment() -> None:
    """And no others: away from it all tokens are alike, and nothing marks the clip's ends."""
    encoder = toy()
    frames = torch.full((1, 80, 3, 16, 16), 90, dtype=torch.uint8)
    frames[:, 40] = 250
    tokens = encoder(frames)[0]
    middles = (torch.arange(len(tokens)) + 0.5) / len(tokens) * 80
    reach = 2 + sum(TOY.reach + module.DILATIONS) * (TOY.kernel // 2)
    near = (middles - 40).abs() < reach
    quiet = (middles - 40).abs() > reach + 1
    lit = (tokens - tokens[quiet][0]).norm(dim=-1)
    assert bool(quiet[[0, -1]].all()) and lit[quiet].max() < 1e-4 < 0.1 < lit[near].max()
    assert abs(middles[near][lit[near].argmax()] - 40) < 3


@torch.no_grad()
def test_an_event_looks_the_same_wherever_it_happens() -> None:
    """Before the columns are told apart, moving it moves only what is seen of it."""
    encoder = toy()
    maps = torch.randn(30, 8, 4, 4)
    seen = []
    encoder.columns.register_forward_hook(lambda _, given, __: seen.append(given[0].unflatten(1, (4, 16))))
    encoder._over_time(maps)
    encoder._over_time(maps.roll(1, dims=3))
    torch.testing.assert_close(seen[1], seen[0].roll(1, dims=1), atol=1e-5, rtol=0)


@torch.no_grad()
def test_left_and_right_are_told_apart() -> None:
    encoder = toy()
    left = torch.full((1, 20, 3, 16, 16), 90, dtype=torch.uint8)
    right = left.clone()
    left[:, 10, :, 8, 3], right[:, 10, :, 8, 12] = 250, 250
    assert (encoder(left) - encoder(right)).abs().max() > 0.1


def test_changes_are_those_to_the_frames_before_and_after() -> None:
    clip = noise(5)[0]
    seen, exact = changes(clip, 0, 5, mirrored=True), clip.int()
    assert torch.equal(seen[1:, :3].int(), exact[1:] - exact[:-1])
    assert torch.equal(seen[:-1, 3:].int(), exact[1:] - exact[:-1])
    assert torch.equal(seen[0, :3].int(), exact[0] - exact[1])  # time runs backwards beyond the ends
    assert torch.equal(seen[-1, 3:].int(), exact[-2] - exact[-1])
    still = changes(clip, 0, 5, mirrored=False)
    assert torch.equal(still[1:-1], seen[1:-1]) and not still[0, :3].any() and not still[-1, 3:].any()
    assert torch.equal(changes(clip, 2, 4, mirrored=True), seen[2:4])


@torch.no_grad()
def test_started_loud_the_vectors_change_over_time() -> None:
    """A small thing that moves in noise changes the vectors a great deal; what stands still changes
    nothing."""
    encoder = toy()
    encoder.start_loud()
    frames = (noise(40) // 32 + 100).byte()
    for k in range(20, 24):
        frames[:, k, :, 4:8, 3 * (k - 20) : 3 * (k - 20) + 4] = 230
    vectors = encoder.every_frame(frames)[0]
    quiet = vectors[8:13]
    assert (vectors[21] - quiet.mean(0)).norm() > 3 * (quiet - quiet.mean(0)).norm(dim=-1).max()
    still = encoder.every_frame(noise(1).expand(-1, 30, -1, -1, -1))[0]
    assert (still - still[0]).abs().max() < 1e-4


@torch.no_grad()
def test_chunks_and_batches_change_nothing_and_report_progress(monkeypatch) -> None:
    encoder, frames = toy(), noise(40, batch=2)
    whole = encoder(frames)
    monkeypatch.setattr(module, "CHUNK", 16)
    steps = []
    torch.testing.assert_close(encoder(frames, progress=lambda *s: steps.append(s)), whole, atol=1e-5, rtol=0)
    torch.testing.assert_close(encoder(frames[1:])[0], whole[1], atol=1e-5, rtol=0)
    assert [s[1] for s in steps] == [16, 32, 40, 56, 72, 80] and steps[-1] == ("sync features", 80, 80)


@pytest.mark.parametrize("change", [{"image_size": 18}, {"kernel": 4}, {"kernel": 9}, {"reach": (16,)}])
def test_sizes_that_do_not_fit_are_refused(change) -> None:
    with pytest.raises(InputError):
        MotionConfig(**{**vars(TOY), **change})


@torch.no_grad()
def test_single_pixels_are_seen_where_their_means_say_nothing() -> None:
    """Pixels that change places within a square of 2 x 2, whose mean stays."""
    frames = torch.full((1, 20, 3, 16, 16), 90, dtype=torch.uint8)
    frames[:, ::2, :, 8, 8] = 250
    frames[:, 1::2, :, 9, 9] = 250
    frames[:, 10:] = frames[:, 9:10]
    coarse = toy()
    coarse.from_pixels.weight.zero_()
    for encoder, sees in ((coarse, False), (toy(), True)):
        vectors = encoder.every_frame(frames)[0]
        assert ((vectors - vectors[-1]).abs().max() > 0.1) == sees


@torch.no_grad()
def test_single_pixels_and_longer_times_count_little_at_the_start_of_a_training() -> None:
    started, changed = toy(), toy()
    started.start_loud()
    changed.load_state_dict(started.state_dict())
    for layer in (changed.pixels, *changed.places[1:]):
        layer.weight.copy_(layer.weight.flip(0))
    frames = noise(40)
    before, after = started.every_frame(frames), changed.every_frame(frames)
    assert not torch.equal(before, after)
    assert torch.cosine_similarity(before, after, dim=-1).min() > 0.9


def test_bad_frames_are_named() -> None:
    with pytest.raises(InputError, match="15 frame.*16 or more"):
        toy()(noise(15))


def test_view_says_what_to_read() -> None:
    view = MotionEncoder(SYNC_SMALL, device="meta").view
    assert (view.fps, view.size, view.fit, view.min_frames) == (25, 64, "crop", 16)
