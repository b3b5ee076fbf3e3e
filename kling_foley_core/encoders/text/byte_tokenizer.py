"""Text as its UTF-8 bytes, for the small model: needs no vocabulary file and knows every script.

list of B texts -> ids int64 [B, length], padded with 0, and which of them are real, bool [B, length]

Ids as in ByT5 (arXiv 2105.13626): byte + 3, 0 = padding, 1 = end, 2 unused. Our choice for the small model
only.
"""

from __future__ import annotations

from torch import Tensor

from .contract import check_texts, pad_rows, readable, warn_of_cut

END = 1
FIRST_BYTE = 3


class ByteTokenizer:
    vocabulary = FIRST_BYTE + 256

    def __call__(self, texts: list[str], length: int) -> tuple[Tensor, Tensor]:
        check_texts(texts)
        return pad_rows([_row(readable(text), length) for text in texts], length)


def _row(text: str, length: int) -> list[int]:
    kept = text.encode()
    if len(kept) > length - 1:
        whole = kept[: length - 1].decode("utf-8", "ignore")  # no half characters
        warn_of_cut(length, text[len(whole) :])
        kept = whole.encode()
    return [*(FIRST_BYTE + byte for byte in kept), END]
