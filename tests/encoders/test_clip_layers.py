"""The layers of the CLIP towers against plain ones: nothing left out of the last layer counts, and nothing is
overwritten that a gradient needs."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor

from kling_foley_core.encoders import clip_layers
from kling_foley_core.encoders.clip_layers import ClipMlp, ClipTransformer, quick_gelu
from kling_foley_core.encoders.text.clip import ClipTextConfig
from kling_foley_core.errors import InputError
from kling_foley_core.networks.attention import sdpa

SIZES = ClipTextConfig(width=12, layers=2, heads=3, mlp=24, vocabulary=9, length=7)


def transformer() -> ClipTransformer:
    torch.manual_seed(0)
    return ClipTransformer(SIZES, operations=torch.nn, attention=sdpa)


def plain_layer(layer: torch.nn.Module, x: Tensor) -> Tensor:
    """One text or picture, [N, width]."""
    y = layer.layer_norm1(x)
    weights, biases = (p.chunk(3) for p in layer.self_attn.qkv_proj.parameters())
    q, k, v = (y @ w.T + b for w, b in zip(weights, biases, strict=True))
    heads = []
    for a, b, c in zip(*(t.chunk(SIZES.heads, dim=1) for t in (q, k, v)), strict=True):
        heads.append(torch.softmax(a @ b.T / a.shape[1] ** 0.5, dim=1) @ c)
    x = x + layer.self_attn.out_proj(torch.cat(heads, dim=1))
    y = layer.mlp.fc1(layer.layer_norm2(x))
    return x + layer.mlp.fc2(y * torch.sigmoid(1.702 * y))


@pytest.mark.parametrize("gradients", [False, True])
def test_equals_plain_layers_with_and_without_gradients(gradients: bool) -> None:
    network, x = transformer(), torch.randn(2, 7, 12)
    with torch.set_grad_enabled(gradients):
        got = network(x)
    want = x
    for layer in network.layers:
        want = torch.stack([plain_layer(layer, one) for one in want])
    torch.testing.assert_close(got, want, atol=1e-6, rtol=1e-5)
    if gradients:
        weights = list(network.parameters())
        grads = [torch.autograd.grad(out.square().sum(), weights) for out in (got, want)]
        for a, b in zip(*grads, strict=True):
            torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_the_first_token_is_that_of_all() -> None:
    network, x = transformer(), torch.randn(2, 7, 12)
    torch.testing.assert_close(network(x, first_only=True), network(x)[:, :1], atol=1e-6, rtol=1e-5)


def test_quick_gelu_in_pieces_and_in_place_only_without_gradients(monkeypatch) -> None:
    monkeypatch.setattr(clip_layers, "PIECE", 5)
    x = torch.randn(3, 7)
    want = x * torch.sigmoid(1.702 * x)
    kept = x.clone().requires_grad_()
    torch.testing.assert_close(quick_gelu(kept), want)
    assert torch.equal(kept, x)
    with torch.no_grad():
        torch.testing.assert_close(quick_gelu(x), want)
    torch.testing.assert_close(x, want)


@pytest.mark.parametrize(("change", "words"), [({"activation": "swish"}, "swish.*gelu"), ({"heads": 5}, "5")])
def test_sizes_that_can_not_be_are_refused(change: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        ClipTransformer(dataclasses.replace(SIZES, **change), operations=torch.nn, attention=sdpa)


@torch.no_grad()
def test_the_other_activation_is_plain_gelu() -> None:
    mlp = ClipMlp(dataclasses.replace(SIZES, activation="gelu"), operations=torch.nn)
    x = torch.randn(4, 12)
    torch.testing.assert_close(mlp(x), mlp.fc2(torch.nn.functional.gelu(mlp.fc1(x))))
