"""T5's encoder, the paper's text encoder (T5-Base, section 4.2; fact sheet 1.1).

texts (B) -> [B, length, width]

Length 77 is MMAudio's, the paper gives none. Attention leaves padding out, and the outputs at padding are set
to zero: our choice, the paper is silent. T5's states there are what it happens to make of no input and change
with the padded length; zeros mean "no word here" to the generator's joint attention and its mean over the
text, whatever the length. float16 is too narrow for T5's feed-forward layers: use bfloat16 or float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import InputError
from ..host_layers import build_model, computing_place
from .contract import Tokenizer


@dataclass(frozen=True)
class T5TextConfig:
    width: int
    layers: int
    heads: int
    head_width: int
    mlp: int
    vocabulary: int
    length: int


class T5TextEncoder(nn.Module):
    """Parameters are named as in the public T5 files (`shared.weight`, `encoder.*`)."""

    def __init__(
        self,
        config: T5TextConfig,
        tokenizer: Tokenizer,
        *,
        operations: Any = torch.nn,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if tokenizer.vocabulary > config.vocabulary:
            raise InputError(
                f"the tokenizer knows {tokenizer.vocabulary} tokens, the T5 encoder {config.vocabulary}: "
                "give the tokenizer that belongs to these weights."
            )
        self.config = config
        self.dim, self.length = config.width, config.length
        self.tokenizer = tokenizer
        model = build_model(lambda: _transformers_model(config), operations, device, dtype)
        self.shared = model.get_input_embeddings()
        self.encoder = model.get_encoder()
        self.encoder.embed_tokens = None  # the same table as `shared`; the encoder is given embedded tokens

    def encode(
        self, texts: list[str], *, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Tensor:
        ids, real = self.tokenizer(texts, self.length)
        return self.encode_ids(ids, real, device=device, dtype=dtype)

    def encode_ids(
        self,
        ids: Tensor,
        real: Tensor,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> Tensor:
        """ids int64 [B, length], real bool [B, length] (False at padding) -> [B, length, width]."""
        device, dtype = computing_place(self.shared.weight, device, dtype)
        real = real.to(device)
        embedded = self.shared(ids.to(device)).to(dtype)
        states = self.encoder(inputs_embeds=embedded, attention_mask=real.long()).last_hidden_state
        return states.to(dtype) * real.unsqueeze(-1)


def _transformers_model(config: T5TextConfig) -> nn.Module:
    from transformers import T5Config, T5EncoderModel  # seconds to import: only when needed

    return T5EncoderModel(
        T5Config(
            vocab_size=config.vocabulary,
            d_model=config.width,
            d_kv=config.head_width,
            d_ff=config.mlp,
            num_layers=config.layers,
            num_heads=config.heads,
            feed_forward_proj="relu",
            dropout_rate=0.0,
            use_cache=False,
            # Plain attention adds the relative position bias in any mixture of types; older releases have no
            # other for T5.
            attn_implementation="eager",
        )
    )
