"""T5's encoder against a plain transcription of its equations, and its padding."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from kling_foley_core.encoders.presets import T5_BASE
from kling_foley_core.encoders.text.byte_tokenizer import ByteTokenizer
from kling_foley_core.encoders.text.t5 import T5TextConfig, T5TextEncoder
from kling_foley_core.errors import InputError

TOY = T5TextConfig(width=20, layers=3, heads=2, head_width=8, mlp=36, vocabulary=259, length=40)


def bucket(distance: int) -> int:
    """Position of key - query -> row of the bias table: 32 rows, half for each side, logarithmic from 8."""
    side, distance = (16 if distance > 0 else 0), abs(distance)
    if distance < 8:
        return side + distance
    return side + min(15, 8 + int(math.log(distance / 8) / math.log(128 / 8) * 8))


def plain_t5(w: dict[str, Tensor], config: T5TextConfig, ids: Tensor) -> Tensor:
    """One text without padding, ids [N] -> [N, width]: pre-norm, unscaled scores, one position bias, ReLU."""

    def norm(x: Tensor, name: str) -> Tensor:
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-6) * w[f"{name}.weight"]

    def heads(x: Tensor) -> Tensor:
        return x.view(len(x), config.heads, config.head_width).transpose(0, 1)

    count = len(ids)
    table = w["encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
    rows = torch.tensor([[bucket(key - query) for key in range(count)] for query in range(count)])
    bias = table[rows].permute(2, 0, 1)
    x = w["shared.weight"][ids]
    for i in range(config.layers):
        at = f"encoder.block.{i}.layer"
        y = norm(x, f"{at}.0.layer_norm")
        q, k, v = (heads(y @ w[f"{at}.0.SelfAttention.{n}.weight"].T) for n in "qkv")
        y = torch.softmax(q @ k.transpose(1, 2) + bias, dim=-1) @ v
        x = x + y.transpose(0, 1).reshape(count, -1) @ w[f"{at}.0.SelfAttention.o.weight"].T
        y = norm(x, f"{at}.1.layer_norm") @ w[f"{at}.1.DenseReluDense.wi.weight"].T
        x = x + y.relu() @ w[f"{at}.1.DenseReluDense.wo.weight"].T
    return norm(x, "encoder.final_layer_norm")


@torch.no_grad()
def test_equals_the_plain_equations_and_zero_at_padding() -> None:
    torch.manual_seed(0)
    encoder = T5TextEncoder(TOY, ByteTokenizer())
    texts = ["a dog barks twice, then rain", "", "x"]
    features = encoder.encode(texts)
    assert features.shape == (3, 40, 20)
    ids, real = ByteTokenizer()(texts, 40)
    for row, features_of, mask in zip(ids, features, real, strict=True):
        want = plain_t5(encoder.state_dict(), TOY, row[mask])
        torch.testing.assert_close(features_of[mask], want, atol=2e-5, rtol=1e-5)
        assert (features_of[~mask] == 0).all() and (features_of[mask] != 0).any(dim=-1).all()


@torch.no_grad()
def test_padded_length_and_neighbours_change_nothing() -> None:
    encoder = T5TextEncoder(TOY, ByteTokenizer()).train()  # there is no dropout to switch off
    ids, real = ByteTokenizer()(["wind", "a much longer caption"], 40)
    both = encoder.encode_ids(ids, real)
    alone = encoder.encode_ids(ids[:1, :12], real[:1, :12])
    torch.testing.assert_close(both[:1, :12], alone, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_names_are_the_public_files_and_load_on_the_meta_device() -> None:
    made = T5TextEncoder(TOY, ByteTokenizer())
    names = set(made.state_dict())
    assert {"shared.weight", "encoder.final_layer_norm.weight"} <= names
    assert (
        "encoder.block.2.layer.1.DenseReluDense.wo.weight" in names
        and "encoder.embed_tokens.weight" not in names
    )
    loaded = T5TextEncoder(TOY, ByteTokenizer(), device="meta")
    loaded.load_state_dict(made.state_dict(), strict=True, assign=True)
    assert torch.equal(loaded.encode(["rain"]), made.encode(["rain"]))


def test_a_tokenizer_of_another_vocabulary_is_refused() -> None:
    class Large(ByteTokenizer):
        vocabulary = 50000

    with pytest.raises(InputError, match="50000.*32128"):
        T5TextEncoder(T5_BASE, Large(), device="meta")
