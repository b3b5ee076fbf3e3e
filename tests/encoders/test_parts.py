"""Encoders in parts: the same tokens as from the whole clip, in the memory of a part."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.encoders.parts import Part, PartwiseEncoding, overlapping
from kling_foley_core.encoders.sync import motion
from kling_foley_core.encoders.sync.motion import MotionConfig, MotionEncoder
from kling_foley_core.encoders.sync.synchformer import Synchformer, SynchformerConfig
from kling_foley_core.encoders.visual.clip import ClipVisualEncoder, VisualConfig
from kling_foley_core.encoders.visual.look import LookConfig, LookEncoder

ENCODERS = {
    "look": (LookEncoder, LookConfig(image_size=16, widths=(4, 8), projection=8)),
    "clip": (ClipVisualEncoder, VisualConfig(8, 1, 2, 16, 8, 16, 16, 4)),
    "synchformer": (Synchformer, SynchformerConfig(16, 8, 2, dim=16, depth=1, heads=2)),
    "motion": (MotionEncoder, MotionConfig(16, (8,), 16, 3, 16, beyond="reflect", fine=4, reach=(1, 2))),
}
EXACT = ["look", "clip", "synchformer"]


def encoder(name: str):
    kind, config = ENCODERS[name]
    torch.manual_seed(0)
    return kind(config).eval()


def noise(count: int) -> torch.Tensor:
    return torch.randint(0, 256, (count, 3, 16, 16), generator=torch.Generator().manual_seed(count)).byte()


@torch.no_grad()
def partwise(network, frames: torch.Tensor, at_once: int = 7, **how) -> torch.Tensor:
    """Fed a few frames at a time, as a film is read."""
    encoding = PartwiseEncoding(network, len(frames), network.vectors, **how)
    for some in frames.split(at_once):
        encoding.add(some)
    assert len(encoding.held) <= max(p.end - p.begin for p in network.parts(len(frames))) <= 250
    return encoding.tokens()


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("count", [16, 64, 65, 200, 201, 455])
@torch.no_grad()
def test_what_is_looked_at_apart_comes_out_to_the_bit(name, count) -> None:
    network, frames = encoder(name), noise(count)
    assert torch.equal(partwise(network, frames), network(frames[None]))


@pytest.mark.parametrize("count", [16, 100, 250])
@torch.no_grad()
def test_no_longer_than_its_training_the_small_encoder_sees_the_whole(count) -> None:
    network, frames = encoder("motion"), noise(count)
    assert torch.equal(partwise(network, frames), network(frames[None]))


@torch.no_grad()
def test_a_longer_clip_is_as_its_parts_are() -> None:
    """Every vector is that of the part it is taken from, more than its reach away from the part's ends."""
    network, frames = encoder("motion"), noise(520)
    parts = network.parts(520)
    assert [(p.begin, p.end) for p in parts] == [(0, 250), (200, 450), (270, 520)]
    vectors = torch.empty(1, 520, 16)
    for part in parts:
        made = network.every_frame(frames[None, part.begin : part.end])
        vectors[:, part.first : part.last] = made[:, part.first - part.begin : part.last - part.begin]
        assert part.begin in (0, part.first - 25) or part.first - part.begin > 25
    assert torch.equal(partwise(network, frames), motion.tokens_of(vectors))


@torch.no_grad()
def test_a_clip_that_repeats_itself_is_encoded_as_the_whole() -> None:
    """Parts of whole periods have the same means as all of it, so only the ends, where time runs backwards,
    can tell the two ways apart."""
    network = encoder("motion")
    frames = noise(50).repeat(13, 1, 1, 1)
    whole, parted = network(frames[None])[0], partwise(network, frames)[0]
    assert (whole - parted).norm() < 0.02 * whole.norm()


@torch.no_grad()
def test_long_tokens_are_read_the_same(monkeypatch) -> None:
    vectors = torch.randn(1, 700, 8)
    whole = motion.tokens_of(vectors)
    monkeypatch.setattr(motion, "TOKENS", 100)
    assert torch.equal(motion.tokens_of(vectors), whole)


def test_tokens_of_hours_lie_on_the_disk(monkeypatch) -> None:
    from kling_foley_core.encoders import parts as module
    from kling_foley_core.files import on_disk

    monkeypatch.setattr(module, "room_for", lambda *shape, **how: on_disk.room_for(*shape, **how, held=100))
    network, frames = encoder("look"), noise(200)
    made = partwise(network, frames)
    assert made.untyped_storage().data_ptr() in on_disk._maps
    with torch.no_grad():
        assert torch.equal(made, network(frames[None]))


@pytest.mark.parametrize("name", ENCODERS)
def test_progress_keeps_its_total(name) -> None:
    seen = []
    partwise(encoder(name), noise(600), progress=lambda *call: seen.append(call))
    assert len({(stage, total) for stage, _, total in seen}) == 1
    assert seen == sorted(seen) and seen[-1][1] == seen[-1][2]


def test_missing_frames_are_told() -> None:
    network = encoder("look")
    encoding = PartwiseEncoding(network, 100, network.vectors)
    encoding.add(noise(70))
    with pytest.raises(ValueError, match="1 parts"):
        encoding.tokens()


def test_equal_lengths_and_seams_in_the_middle() -> None:
    assert overlapping(10, 10, 4) == [Part(0, 10, 0, 10)]
    assert overlapping(11, 10, 4) == [Part(0, 10, 0, 5), Part(1, 11, 5, 11, 4)]
    assert overlapping(16, 10, 4) == [Part(0, 10, 0, 8), Part(6, 16, 8, 16, 2)]
