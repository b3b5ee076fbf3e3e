"""T5's SentencePiece tokenizer from the public `tokenizer.json`, read by the `tokenizers` library.

list of B texts -> ids int64 [B, length], padded with 0, and which of them are real, bool [B, length]

The file adds the end token (1) itself; a text that is too long is cut so that the end token stays.
"""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from ...errors import InputError
from ...limits import MAX_TOKENIZER
from .contract import check_texts, pad_rows, readable, warn_of_cut

END = 1


class T5Tokenizer:
    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        if not path.is_file():
            raise InputError(
                f"T5's tokenizer file is not at {path}: get tokenizer.json from "
                "https://huggingface.co/google-t5/t5-base and put it there (beside T5's weights)."
            )
        if path.stat().st_size > MAX_TOKENIZER:
            raise InputError(
                f"{path} has {path.stat().st_size:,} bytes, and {MAX_TOKENIZER:,} are the most that is read: "
                "get the file from google-t5/t5-base again."
            )
        from tokenizers import Tokenizer

        try:
            self._pieces = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exceptions
            raise InputError(
                f"{path} is not a tokenizer.json ({error}): get the file from google-t5/t5-base again."
            ) from error
        self._pieces.no_truncation()  # whatever lengths the file was saved with, ours count
        self._pieces.no_padding()
        self.vocabulary = self._pieces.get_vocab_size()

    def __call__(self, texts: list[str], length: int) -> tuple[Tensor, Tensor]:
        check_texts(texts)
        return pad_rows([self._row(readable(text), length) for text in texts], length)

    def _row(self, text: str, length: int) -> list[int]:
        found = self._pieces.encode(text)
        if len(found.ids) <= length:
            return found.ids
        warn_of_cut(length, text[found.offsets[length - 1][0] :])
        return [*found.ids[: length - 1], END]
