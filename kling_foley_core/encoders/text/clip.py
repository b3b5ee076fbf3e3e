"""CLIP's text tower: all hidden states after the last norm, each position L2-normalised.

texts (B) -> [B, 77, width]

Specification 5.2: no projection and no pooling. The causal mask is the only mask: padding (id 0) is read like
any word, so features after the end token depend on it, and MMAudio's weights were trained with just that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..clip_layers import EPS, ClipTransformer
from ..place import computing_place
from .clip_tokenizer import ClipTokenizer


@dataclass(frozen=True)
class ClipTextConfig:
    width: int
    layers: int
    heads: int
    mlp: int
    vocabulary: int
    length: int
    activation: str = "quick_gelu"


class ClipTextEncoder(nn.Module):
    """Parameters are named as in transformers' CLIP files, see clip_layers.py."""

    def __init__(
        self,
        config: ClipTextConfig,
        *,
        operations: Any = torch.nn,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.dim, self.length = config.width, config.length
        self.tokenizer = ClipTokenizer()
        self.text_model = TextTower(config, operations=operations, device=device, dtype=dtype)

    def encode(
        self, texts: list[str], *, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Tensor:
        ids, _ = self.tokenizer(texts, self.length)
        return self.encode_ids(ids, device=device, dtype=dtype)

    def encode_ids(
        self, ids: Tensor, *, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Tensor:
        """ids int64 [B, 77], padding included -> [B, 77, width]."""
        return F.normalize(self.hidden_states(ids, device=device, dtype=dtype), dim=-1)

    def hidden_states(
        self, ids: Tensor, *, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Tensor:
        """Before lengths are made one."""
        device, dtype = computing_place(self.text_model.final_layer_norm.weight, device, dtype)
        return self.text_model(ids.to(device), dtype)


class TextTower(nn.Module):
    """ids [B, N] -> hidden states after the last norm [B, N, width]."""

    def __init__(self, config: ClipTextConfig, *, operations: Any, **place: Any) -> None:
        super().__init__()
        self.embeddings = TextEmbeddings(config, operations=operations, **place)
        self.encoder = ClipTransformer(config, operations=operations, attention=causal, **place)
        self.final_layer_norm = operations.LayerNorm(config.width, eps=EPS, **place)

    def forward(self, ids: Tensor, dtype: torch.dtype) -> Tensor:
        return self.final_layer_norm(self.encoder(self.embeddings(ids, dtype)))


class TextEmbeddings(nn.Module):
    """Words and their positions: ids [B, N] -> [B, N, width]."""

    def __init__(self, config: ClipTextConfig, *, operations: Any, **place: Any) -> None:
        super().__init__()
        self.token_embedding = operations.Embedding(config.vocabulary, config.width, **place)
        self.position_embedding = operations.Embedding(config.length, config.width, **place)

    def forward(self, ids: Tensor, dtype: torch.dtype) -> Tensor:
        places = torch.arange(ids.shape[1], device=ids.device)
        return self.token_embedding(ids).to(dtype) + self.position_embedding(places).to(dtype)


def causal(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Every token sees itself and those before it; [B, H, N, d]."""
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)
