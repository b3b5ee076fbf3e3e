"""The visual encoder against the golden CLIP, the frame rules, chunking and bad input."""

from __future__ import annotations

import pytest
import torch
from clip_golden import vision_tower
from golden_files import Golden, enlarge, golden

from kling_foley_core.encoders.presets import METACLIP_H14_224
from kling_foley_core.encoders.visual import clip as module
from kling_foley_core.encoders.visual.clip import ClipVisualEncoder, VisualConfig
from kling_foley_core.errors import InputError

TINY = VisualConfig(
    width=40, layers=2, heads=2, mlp=160, patch=14, image_size=378, input_size=384, projection=32
)
TOY = VisualConfig(width=24, layers=2, heads=2, mlp=48, patch=8, image_size=24, input_size=28, projection=12)


def golden_encoder(file: Golden, prefix: str = "w.") -> ClipVisualEncoder:
    encoder = ClipVisualEncoder(TINY, device="meta")
    encoder.load_state_dict(vision_tower(file, prefix), strict=True, assign=True)
    return encoder


@torch.no_grad()
def test_golden_features_and_pixels() -> None:
    file = golden("clip")
    frames = enlarge(file["in.frames_u8"], 8)
    encoder = golden_encoder(file)
    file.check("mid.image_pixels_corner", encoder.pixels(frames)[..., :4, :4])
    file.check("out.image_features", encoder(frames[None])[0])


@torch.no_grad()
def test_end_to_end_weights_give_one_unit_vector_a_frame() -> None:
    file = golden("end_to_end_44k")
    features = golden_encoder(file, "w_clip.")(enlarge(file["in.clip_frames_u8"], 8)[None])
    assert features.shape == (1, 8, 32)
    torch.testing.assert_close(features.norm(dim=-1), torch.ones(1, 8))


@torch.no_grad()
def test_rows_and_columns_beyond_the_positions_are_not_seen() -> None:
    encoder = ClipVisualEncoder(TOY)
    frames = torch.randint(0, 256, (1, 2, 3, 28, 28), dtype=torch.uint8)
    changed = frames.clone()
    changed[..., 24:, :] = 0
    changed[..., :, 24:] = 255
    assert torch.equal(encoder(frames), encoder(changed))
    changed[..., 23, 23] = 255 - changed[..., 23, 23]
    assert not torch.equal(encoder(frames), encoder(changed))


@torch.no_grad()
def test_chunks_and_batches_change_nothing_and_report_progress(monkeypatch) -> None:
    encoder = ClipVisualEncoder(TOY)
    frames = torch.randint(0, 256, (2, 5, 3, 28, 28), dtype=torch.uint8)
    whole = encoder(frames)
    monkeypatch.setattr(module, "at_once", lambda device, most: 2)
    steps = []
    chunked = encoder(frames, progress=lambda *step: steps.append(step))
    torch.testing.assert_close(chunked, whole, atol=1e-6, rtol=0)
    torch.testing.assert_close(encoder(frames[1:])[0], whole[1], atol=1e-6, rtol=0)
    assert steps == [("visual features", done, 10) for done in (2, 4, 6, 8, 10)]


def test_cancelling_from_progress_stops_at_once() -> None:
    calls = []

    def cancel(*step: object) -> None:
        calls.append(step)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ClipVisualEncoder(TOY)(torch.zeros(1, 4, 3, 28, 28, dtype=torch.uint8), progress=cancel)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        (torch.zeros(1, 2, 3, 28, 28), "float32.*uint8"),
        (torch.zeros(2, 3, 28, 28, dtype=torch.uint8), r"\(2, 3, 28, 28\)"),
        (torch.zeros(1, 2, 28, 28, 3, dtype=torch.uint8), "shape"),
        (torch.zeros(1, 2, 3, 24, 28, dtype=torch.uint8), "28x24.*28x28"),
        (torch.zeros(1, 0, 3, 28, 28, dtype=torch.uint8), "0 frame"),
    ],
)
def test_bad_frames_are_named(frames: torch.Tensor, words: str) -> None:
    with pytest.raises(InputError, match=words):
        ClipVisualEncoder(TOY)(frames)


def test_view_says_what_to_read() -> None:
    view = ClipVisualEncoder(METACLIP_H14_224, device="meta").view
    assert (view.fps, view.size, view.fit) == (8, 224, "stretch")


@torch.no_grad()
def test_half_precision_stays_near() -> None:
    encoder = ClipVisualEncoder(TOY)
    frames = torch.randint(0, 256, (1, 3, 3, 28, 28), dtype=torch.uint8)
    exact = encoder(frames)
    half = encoder.to(torch.bfloat16)(frames)
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), exact, atol=0.03, rtol=0)
