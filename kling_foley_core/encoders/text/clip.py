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

from ..host_layers import build_model, computing_place
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
    """Parameters are named as in transformers' CLIP files. Attention is transformers' own (SDPA)."""

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
        # The variant with a projection names its tower `text_model` in every release; the projection is left
        # out.
        self.text_model = build_model(
            lambda: _transformers_model(config), operations, device, dtype
        ).text_model

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
        """Before lengths are made one. The tower computes in the type its token table gives."""
        device, dtype = computing_place(self.text_model.final_layer_norm.weight, device, dtype)
        ids = ids.to(device)
        places = torch.arange(ids.shape[1], device=device).unsqueeze(0)
        return self.text_model(input_ids=ids, position_ids=places).last_hidden_state.to(dtype)


def _transformers_model(config: ClipTextConfig) -> nn.Module:
    from transformers import CLIPTextConfig as TransformersConfig  # seconds to import: only when needed
    from transformers import CLIPTextModelWithProjection

    return CLIPTextModelWithProjection(
        TransformersConfig(
            vocab_size=config.vocabulary,
            hidden_size=config.width,
            intermediate_size=config.mlp,
            projection_dim=config.width,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            max_position_embeddings=config.length,
            hidden_act=config.activation,
            layer_norm_eps=1e-5,
            # Only for the pooled output, which is not used; the defaults are CLIP's own ids and warn on small
            # tables.
            bos_token_id=config.vocabulary - 2,
            eos_token_id=config.vocabulary - 1,
            attn_implementation="sdpa",
        )
    )
