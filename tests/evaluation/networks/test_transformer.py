"""The plain transformer against torch's own layers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from kling_foley_core.evaluation.networks.transformer import Block, SelfAttention, TransformerConfig


def config(extra_key: bool) -> TransformerConfig:
    return TransformerConfig(width=12, layers=1, heads=3, mlp=20, eps=1e-3, extra_key=extra_key)


@pytest.mark.parametrize("extra_key", [False, True])
def test_attention_is_torchs_with_and_without_an_extra_key(extra_key: bool) -> None:
    torch.manual_seed(0)
    plain = nn.MultiheadAttention(12, 3, batch_first=True, add_bias_kv=extra_key)
    nn.init.normal_(plain.in_proj_bias)
    ours = SelfAttention(config(extra_key))
    with torch.no_grad():
        ours.qkv.weight.copy_(plain.in_proj_weight)
        ours.qkv.bias.copy_(plain.in_proj_bias)
        ours.proj.load_state_dict(plain.out_proj.state_dict())
        if extra_key:
            ours.bias_k.copy_(plain.bias_k)
            ours.bias_v.copy_(plain.bias_v)
    x = torch.randn(2, 5, 12)
    torch.testing.assert_close(ours(x), plain(x, x, x)[0], atol=1e-6, rtol=1e-5)


def test_a_block_is_torchs_encoder_layer() -> None:
    torch.manual_seed(1)
    plain = nn.TransformerEncoderLayer(
        12, 3, 20, dropout=0, activation="gelu", layer_norm_eps=1e-3, batch_first=True, norm_first=True
    )
    ours = Block(config(False))
    names = {
        "self_attn.in_proj_": "attn.qkv.",
        "self_attn.out_proj": "attn.proj",
        "linear": "mlp.fc",
    }
    state = plain.state_dict()
    for old, new in names.items():
        state = {name.replace(old, new): tensor for name, tensor in state.items()}
    ours.load_state_dict(state)
    x = torch.randn(2, 5, 12)
    torch.testing.assert_close(ours(x), plain(x), atol=1e-6, rtol=1e-5)
