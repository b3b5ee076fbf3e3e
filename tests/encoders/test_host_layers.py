"""Encoders made of a host's layers: no weight outside of them, bfloat16 storage, results near float32."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from manual_cast import manual_cast
from torch import Tensor, nn

from kling_foley_core.encoders.sync.motion import MotionConfig, MotionEncoder
from kling_foley_core.encoders.sync.synchformer import Synchformer, SynchformerConfig
from kling_foley_core.encoders.text.byte_tokenizer import ByteTokenizer
from kling_foley_core.encoders.text.clip import ClipTextConfig, ClipTextEncoder
from kling_foley_core.encoders.text.t5 import T5TextConfig, T5TextEncoder
from kling_foley_core.encoders.visual.clip import ClipVisualEncoder, VisualConfig
from kling_foley_core.encoders.visual.look import LookConfig, LookEncoder

Make = Callable[..., nn.Module]
VISUAL = VisualConfig(
    width=32, layers=2, heads=2, mlp=64, patch=8, image_size=24, input_size=24, projection=16
)
SYNC = SynchformerConfig(image_size=16, patch=8, patch_frames=2, dim=16, depth=2, heads=2)
LOOK = LookConfig(image_size=24, widths=(8,), projection=16)
MOTION = MotionConfig(
    image_size=16, widths=(8,), hidden=16, kernel=3, dim=16, beyond="reflect", fine=4, reach=(1, 2)
)
T5 = T5TextConfig(width=32, layers=2, heads=2, head_width=16, mlp=64, vocabulary=259, length=24)
CLIP_TEXT = ClipTextConfig(width=32, layers=2, heads=2, mlp=64, vocabulary=99, length=77)

MAKERS: dict[str, Make] = {
    "visual": lambda **how: ClipVisualEncoder(VISUAL, **how),
    "sync": lambda **how: Synchformer(SYNC, **how),
    "look": lambda **how: LookEncoder(LOOK, **how),
    "motion": lambda **how: MotionEncoder(MOTION, **how),
    "t5": lambda **how: T5TextEncoder(T5, ByteTokenizer(), **how),
    "clip_text": lambda **how: ClipTextEncoder(CLIP_TEXT, **how),
}
RAW = {  # what the public files store outside of layers
    "visual": {"vision_model.embeddings.class_embedding"},
    "sync": {
        "cls_token",
        "pos_embed",
        "temp_embed",
        "spatial_attn_agg.cls_token",
        "spatial_attn_agg.self_attn.in_proj_weight",
        "spatial_attn_agg.self_attn.in_proj_bias",
    },
    "look": set(),
    "motion": set(),
    "t5": set(),
    "clip_text": set(),
}
TOLERANCE = 1e-5


def features(name: str, encoder: nn.Module, dtype: torch.dtype | None) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    if name == "clip_text":
        return encoder.encode_ids(torch.randint(0, 99, (2, 77), generator=generator), dtype=dtype)
    if name == "t5":
        return encoder.encode(["a dog barks", "rain"], dtype=dtype)
    size, count = (24, 3) if name in ("visual", "look") else (16, 16)
    return encoder(torch.randint(0, 256, (1, count, 3, size, size), generator=generator).byte(), dtype=dtype)


def twins(name: str) -> tuple[nn.Module, nn.Module, object]:
    """The same bfloat16-rounded weights in torch's layers in float32 and in a host's in bfloat16."""
    torch.manual_seed(4)
    plain = MAKERS[name]().to(torch.bfloat16)
    operations = manual_cast(torch.bfloat16)
    hosted = MAKERS[name](operations=operations, device="meta")
    hosted.load_state_dict({k: v.clone() for k, v in plain.state_dict().items()}, strict=True, assign=True)
    return plain.float(), hosted, operations


@pytest.mark.parametrize("name", MAKERS)
@torch.no_grad()
def test_bfloat16_storage_computes_near_float32(name: str) -> None:
    plain, hosted, _ = twins(name)
    assert {p.dtype for p in hosted.parameters()} == {torch.bfloat16}
    got = features(name, hosted, torch.float32)
    assert got.dtype == torch.float32
    torch.testing.assert_close(got, features(name, plain, None), atol=TOLERANCE, rtol=TOLERANCE)


@pytest.mark.parametrize("name", MAKERS)
@torch.no_grad()
def test_every_weight_is_in_a_hosts_layer_that_runs(name: str) -> None:
    _, hosted, operations = twins(name)
    features(name, hosted, None)
    layers = {at: layer for at, layer in hosted.named_modules() if getattr(layer, "hosted", False)}
    inside = {f"{at}.{n}" for at, layer in layers.items() for n, _ in layer.named_parameters()}
    assert set(dict(hosted.named_parameters())) - inside == RAW[name]
    assert set(layers.values()) == operations.used


@pytest.mark.parametrize("name", MAKERS)
def test_built_in_place_with_the_same_names_and_shapes(name: str) -> None:
    hosted = MAKERS[name](operations=manual_cast(torch.float16), device="cpu", dtype=torch.float16)
    plain = MAKERS[name]()
    assert {k: v.shape for k, v in hosted.state_dict().items()} == {
        k: v.shape for k, v in plain.state_dict().items()
    }
    assert {(p.device.type, p.dtype) for p in hosted.parameters()} == {("cpu", torch.float16)}


@pytest.mark.parametrize("name", MAKERS)
def test_nothing_stays_on_the_meta_device_after_loading(name: str) -> None:
    made, loaded = MAKERS[name](), MAKERS[name](device="meta")
    loaded.load_state_dict(made.state_dict(), strict=True, assign=True)
    assert not [n for n, t in (*loaded.named_parameters(), *loaded.named_buffers()) if t.is_meta]
    assert torch.equal(features(name, loaded.to("cpu"), None), features(name, made, None))
