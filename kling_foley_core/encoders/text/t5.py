"""T5's encoder, the paper's text encoder (T5-Base, section 4.2; fact sheet 1.1).

texts (B) -> [B, length, width]

Length 77 is MMAudio's, the paper gives none. Attention leaves padding out, and the outputs at padding are set
to zero: our choice, the paper is silent. T5's states there are what it happens to make of no input and change
with the padded length; zeros mean "no word here" to the generator's joint attention and its mean over the
text, whatever the length. float16 is too narrow for T5's feed-forward layers: use bfloat16 or float32.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import InputError
from ..place import computing_place
from .contract import Tokenizer
from .t5_layers import T5Encoder, T5TextConfig


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
        self.shared = operations.Embedding(config.vocabulary, config.width, device=device, dtype=dtype)
        self.encoder = T5Encoder(config, operations=operations, device=device, dtype=dtype)

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
        length = ids.shape[1]
        used = int(real.any(0).nonzero().max()) + 1  # what is padding in all texts need not be looked at
        ids, real = ids[:, :used].to(device), real[:, :used].to(device)
        states = self.encoder(self.shared(ids).to(dtype), real) * real.unsqueeze(-1)
        return F.pad(states, (0, 0, 0, length - used))
