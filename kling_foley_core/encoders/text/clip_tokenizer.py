"""CLIP's byte-pair tokenizer by the `tokenizers` library, from the public list of merges in
clip_merges.txt.gz.

list of B texts -> ids int64 [B, length], padded with 0, and which of them are real, bool [B, length]

Specification 5.2: start 49406, end 49407, cut to `length` with the end kept, and padded with 0, which is an
ordinary token of the vocabulary: CLIP's text tower sees the padding.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from .clip_cleaning import clean_caption
from .contract import check_texts, pad_rows, warn_of_cut

if TYPE_CHECKING:
    from tokenizers import Tokenizer as BPETokenizer

MERGES = Path(__file__).with_name("clip_merges.txt.gz")
START, END = 49406, 49407
# Endings of contractions, words, single digits, runs of other signs.
_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"


class ClipTokenizer:
    vocabulary = 49408

    def __call__(self, texts: list[str], length: int) -> tuple[Tensor, Tensor]:
        check_texts(texts)
        return pad_rows([self._row(clean_caption(text), length) for text in texts], length)

    def _row(self, text: str, length: int) -> list[int]:
        found = _byte_pairs().encode(text)
        room = length - 2
        if len(found.ids) > room:
            warn_of_cut(length, text[found.offsets[room][0] :])
        return [START, *found.ids[:room], END]


@lru_cache(maxsize=1)
def _byte_pairs() -> BPETokenizer:
    """Words are split, spelled in bytes (a printable character each) and merged in the list's order."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    with gzip.open(MERGES, "rt", encoding="utf-8") as lines:
        merges = [tuple(line.split()) for line in lines]
    letters = _byte_letters()
    pieces = [*letters, *(c + "</w>" for c in letters), *(a + b for a, b in merges)]
    pieces += ["<start_of_text>", "<end_of_text>"]
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return tokenizer


def _byte_letters() -> list[str]:
    """256 printable characters, one for each byte, in the order of the vocabulary.

    Printable bytes of Latin-1 stand for themselves and come first; the others follow as the characters from
    256 on.
    """
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    others = 256 - len(printable)
    return [chr(b) for b in printable] + [chr(256 + i) for i in range(others)]
