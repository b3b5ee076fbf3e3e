"""What the generator asks of a text encoder, and what an encoder asks of its tokenizer.

TextEncoder.encode: list of B texts -> [B, length, dim]
Tokenizer: list of B texts, length -> ids int64 [B, length] and which of them are real, bool [B, length]
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from ...errors import InputError

logger = logging.getLogger(__name__)


class TextEncoder(Protocol):
    dim: int
    length: int

    def encode(
        self, texts: list[str], *, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Tensor: ...


class Tokenizer(Protocol):
    vocabulary: int

    def __call__(self, texts: list[str], length: int) -> tuple[Tensor, Tensor]: ...


def check_texts(texts: Sequence[str]) -> None:
    """Refuses an empty list, a bare string (it would be read letter by letter) and what is no text."""
    if isinstance(texts, str):
        raise InputError(f"texts = {texts!r}: give a list of texts, such as [{texts!r}].")
    if len(texts) == 0:
        raise InputError('texts = []: give one text or more; [""] stands for no description.')
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(f"texts[{index}] = {text!r} is a {type(text).__name__}; give a string.")


def readable(text: str) -> str:
    """`text` without halves of surrogate pairs, which no tokenizer can read (they come from broken JSON)."""
    return text.encode("utf-8", "replace").decode("utf-8")


def pad_rows(rows: list[list[int]], length: int) -> tuple[Tensor, Tensor]:
    """Rows of ids, padded with 0 to `length`, and which of them are real."""
    ids = torch.zeros(len(rows), length, dtype=torch.int64)
    real = torch.zeros(len(rows), length, dtype=torch.bool)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = torch.tensor(row)
        real[index, : len(row)] = True
    return ids, real


def warn_of_cut(length: int, left_out: str) -> None:
    """A prompt that is too long still works; its writer should know how much is not heard. Not what: others
    read logs."""
    logger.warning(
        "the text is longer than %d tokens; its last %d characters are left out", length, len(left_out)
    )
