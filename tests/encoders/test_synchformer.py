"""The sync encoder against the golden one and plain masked attention; segments, chunks, bad input."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from golden_files import Golden, enlarge, golden
from torch import Tensor, nn

from kling_foley_core.encoders.presets import SYNCHFORMER
from kling_foley_core.encoders.sync import synchformer as module
from kling_foley_core.encoders.sync.layers import DividedAttention, TokenPooling
from kling_foley_core.encoders.sync.synchformer import Synchformer, SynchformerConfig
from kling_foley_core.errors import InputError
from kling_foley_core.networks.attention import sdpa

TINY = SynchformerConfig(image_size=224, patch=16, patch_frames=2, dim=32, depth=2, heads=2)
TOY = SynchformerConfig(image_size=16, patch=8, patch_frames=2, dim=16, depth=2, heads=2)


def golden_encoder(file: Golden, prefix: str) -> Synchformer:
    weights = {name: w for name, w in file.weights(prefix).items() if not name.startswith("patch_embed.")}
    encoder = Synchformer(TINY, device="meta")
    encoder.load_state_dict(weights, strict=True, assign=True)
    return encoder


def toy_frames(count: int, batch: int = 1) -> Tensor:
    return torch.randint(0, 256, (batch, count, 3, 16, 16), dtype=torch.uint8)


@torch.no_grad()
def test_golden_features_and_mids() -> None:
    file = golden("synchformer")
    encoder = golden_encoder(file, "w.vfeat_extractor.")
    seen = {}
    for name, part in (
        ("patches", encoder.patch_embed_3d),
        ("first", encoder.blocks[0]),
        ("last", encoder.blocks[-1]),
    ):
        part.register_forward_hook(lambda _, __, out, name=name: seen.update({name: seen.get(name, out[0])}))
    features = encoder(enlarge(file["in.frames_u8"], 4)[None])
    file.check("mid.patch_embed_3d_seg0_first8", seen["patches"][:8])
    file.check("mid.block0_seg0_first8", seen["first"][:8])
    file.check("mid.last_block_seg0_first8", seen["last"][:8])
    file.check("out.features", features)


@torch.no_grad()
def test_end_to_end_weights_load_and_give_16_tokens_for_a_second() -> None:
    file = golden("end_to_end_44k")
    encoder = golden_encoder(file, "w_sync.vfeat_extractor.")
    assert encoder(enlarge(file["in.sync_frames_u8"], 4)[None]).shape == (1, 16, 32)


@pytest.mark.parametrize("groups", ["time", "space"])
@torch.no_grad()
def test_divided_attention_is_full_attention_with_a_mask(groups: str) -> None:
    torch.manual_seed(1)
    times, places = 3, 5
    layer = DividedAttention(12, 2, groups, operations=torch.nn, attention=sdpa)
    x = torch.randn(2, 1 + times * places, 12)
    token = torch.arange(times * places)
    group = token % places if groups == "time" else token // places
    allowed = torch.ones(1 + times * places, 1 + times * places, dtype=torch.bool)
    allowed[1:, 1:] = group[:, None] == group[None, :]
    q, k, v = layer.qkv(x).view(2, -1, 3, 2, 6).permute(2, 0, 3, 1, 4)
    scores = (q * 6**-0.5) @ k.transpose(-1, -2)
    plain = scores.masked_fill(~allowed, float("-inf")).softmax(-1) @ v
    want = layer.proj(plain.transpose(1, 2).reshape(2, -1, 12))
    torch.testing.assert_close(layer(x, times), want, atol=1e-6, rtol=1e-5)


def test_pooling_is_the_class_tokens_row_of_full_attention() -> None:
    torch.manual_seed(3)
    layer = TokenPooling(12, 2, operations=torch.nn)
    nn.init.normal_(layer.in_proj_bias)
    tokens = torch.randn(3, 5, 12)
    tokens[:, 0] = tokens[0, 0]
    plain = nn.MultiheadAttention(12, 2, batch_first=True)
    plain.load_state_dict(layer.state_dict())
    want, _ = plain(tokens, tokens, tokens)
    torch.testing.assert_close(layer(tokens), want[:, 0], atol=1e-6, rtol=1e-5)


@torch.no_grad()
def test_attention_is_the_callers() -> None:
    kinds = []

    def recording(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        kinds.append((q.shape[2], k.shape[2]))
        return sdpa(q, k, v)

    torch.manual_seed(2)
    plain = Synchformer(TOY)
    watched = Synchformer(TOY, attention=recording)
    watched.load_state_dict(plain.state_dict())
    frames = toy_frames(16)
    assert torch.equal(watched(frames), plain(frames))
    # class token over all, a place over 8 times, a time over 4 places (each with the class token)
    assert set(kinds) == {(1, 33), (8, 9), (4, 5)}


@torch.no_grad()
def test_each_segment_starts_8_frames_later_and_stands_alone() -> None:
    encoder = Synchformer(TOY)
    frames = toy_frames(39)  # 3 segments: 0-15, 8-23, 16-31; frames from 32 on are no whole segment
    features = encoder(frames)
    assert features.shape == (1, 24, 16)
    for i in range(3):
        alone = encoder(frames[:, 8 * i : 8 * i + 16])
        torch.testing.assert_close(features[:, 8 * i : 8 * i + 8], alone, atol=1e-5, rtol=0)
    frames[:, 32:] = 0
    assert torch.equal(encoder(frames), features)


@torch.no_grad()
def test_chunks_and_batches_change_nothing_and_report_progress(monkeypatch) -> None:
    encoder = Synchformer(TOY)
    frames = toy_frames(40, batch=2)
    whole = encoder(frames)
    monkeypatch.setattr(module, "at_once", lambda device, most: 3)
    steps = []
    torch.testing.assert_close(encoder(frames, progress=lambda *s: steps.append(s)), whole, atol=1e-5, rtol=0)
    torch.testing.assert_close(encoder(frames[1:])[0], whole[1], atol=1e-5, rtol=0)
    assert steps == [("sync features", 3, 8), ("sync features", 6, 8), ("sync features", 8, 8)]


@torch.no_grad()
def test_half_precision_stays_near() -> None:
    encoder, frames = Synchformer(TOY), toy_frames(16)
    exact = encoder(frames)
    torch.testing.assert_close(encoder.to(torch.bfloat16)(frames).float(), exact, atol=0.1, rtol=0)


def test_bad_frames_are_named() -> None:
    encoder = Synchformer(TOY)
    with pytest.raises(InputError, match="15 frame.*16 or more"):
        encoder(toy_frames(15))
    with pytest.raises(InputError, match="float32"):
        encoder(toy_frames(16).float())
    with pytest.raises(InputError, match="16x16"):
        encoder(toy_frames(16)[..., :8])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"image_size": 20}, "image_size = 20"),
        ({"heads": 3}, "heads = 3"),
        ({"patch_frames": 4}, "patch_frames = 4.*use 2"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(change: dict[str, int], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Synchformer(dataclasses.replace(TOY, **change))


def test_view_says_what_to_read() -> None:
    view = Synchformer(SYNCHFORMER, device="meta").view
    assert (view.fps, view.size, view.fit) == (25, 224, "crop")
