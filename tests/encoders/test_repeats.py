"""What equals its predecessor is encoded once, and nothing else tells the difference."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from kling_foley_core.encoders.repeats import encode_each
from kling_foley_core.encoders.sync.synchformer import Synchformer, SynchformerConfig
from kling_foley_core.encoders.visual.clip import ClipVisualEncoder, VisualConfig
from kling_foley_core.encoders.visual.look import LookConfig, LookEncoder
from kling_foley_core.progress import silent

FRAME_ENCODERS = {  # name -> the encoder, a layer in it
    "clip": (lambda: ClipVisualEncoder(VisualConfig(8, 1, 2, 16, 8, 16, 16, 4)), "vision_model"),
    "look": (lambda: LookEncoder(LookConfig(image_size=16, widths=(4, 8), projection=8)), "map_norm"),
}


def frames(*shown: int) -> Tensor:
    """One clip: a picture for each number."""
    pictures = torch.randint(0, 256, (10, 3, 16, 16), generator=torch.Generator().manual_seed(0)).byte()
    return pictures[list(shown)][None]


def counted(layer: torch.nn.Module) -> list[int]:
    """How many items the layer was given, call by call."""
    sizes: list[int] = []
    layer.register_forward_pre_hook(lambda _, given: sizes.append(len(given[0])))
    return sizes


@pytest.mark.parametrize("name", FRAME_ENCODERS)
@torch.no_grad()
def test_held_frames_are_encoded_once_and_come_back_to_their_places(name: str) -> None:
    """Tolerance: of float32 sums over batches of other sizes, which a norm of few channels enlarges."""
    torch.manual_seed(0)
    make, inside = FRAME_ENCODERS[name]
    encoder = make()
    shown = (3, 3, 3, 4, 4, 3, 5, 5)
    alone = torch.cat([encoder(frames(k))[0] for k in shown])
    sizes, steps = counted(encoder.get_submodule(inside)), []
    got = encoder(frames(*shown), progress=lambda *step: steps.append(step))
    torch.testing.assert_close(got[0], alone, atol=1e-4, rtol=1e-4)
    assert sum(sizes) == 4
    assert steps[-1][1:] == (8, 8)


@torch.no_grad()
def test_held_segments_are_encoded_once() -> None:
    """40 frames of one picture, then moving ones: segments 0 to 3 are one, 4 has moving frames."""
    torch.manual_seed(0)
    encoder = Synchformer(SynchformerConfig(16, 8, 2, dim=16, depth=1, heads=2))
    film = frames(*[2] * 40, *range(10))
    parts = [encoder(film[:, a : a + 16])[0] for a in range(0, 33, 8)]
    sizes, steps = counted(encoder.blocks[0]), []
    got = encoder(film, progress=lambda *step: steps.append(step))
    torch.testing.assert_close(got[0], torch.cat(parts), atol=1e-5, rtol=1e-4)
    assert sum(sizes) == 2
    assert steps == [("sync features", 4, 5), ("sync features", 5, 5)]


def test_no_more_than_length_at_a_time_and_progress_in_items() -> None:
    items, sizes, steps = list(torch.tensor([[0], [0], [1], [2], [2], [3]])), [], []

    def encode(some: Tensor) -> Tensor:
        sizes.append(len(some))
        return 10 * some

    made = encode_each(items, encode, 3, "x", lambda *step: steps.append(step))
    assert made.flatten().tolist() == [0, 0, 10, 20, 20, 30]
    assert sizes == [3, 1] and steps == [("x", 5, 6), ("x", 6, 6)]


def test_gradients_of_repeated_vectors_add_up() -> None:
    weight = torch.ones(1, requires_grad=True)
    encode_each(list(torch.ones(3, 1)), lambda some: weight * some, 2, "x", silent).sum().backward()
    assert weight.grad.item() == 3
