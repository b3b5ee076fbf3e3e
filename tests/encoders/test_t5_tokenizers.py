"""T5's tokenizer file and the bytes of the small model."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from kling_foley_core.encoders.text.byte_tokenizer import ByteTokenizer
from kling_foley_core.encoders.text.t5_tokenizer import T5Tokenizer
from kling_foley_core.errors import InputError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A tokenizer.json made like T5's: unigram pieces, "▁" for a space, end token added by the file."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    pieces = ["<pad>", "</s>", "<unk>", "▁a", "▁dog", "▁bark", "s", "▁"]
    tokenizer = Tokenizer(
        models.Unigram([(p, 0.0 if i < 3 else -1.0) for i, p in enumerate(pieces)], unk_id=2)
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tokenizer.enable_truncation(3)  # public files carry such settings; ours must win
    tokenizer.enable_padding(length=5)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path / "tokenizer.json"


def test_pieces_end_and_padding(path: Path) -> None:
    ids, real = T5Tokenizer(path)(["a dog barks", ""], 7)
    assert ids.tolist() == [[3, 4, 5, 6, 1, 0, 0], [1, 0, 0, 0, 0, 0, 0]]
    assert real.sum(dim=1).tolist() == [5, 1]


def test_long_text_is_cut_before_its_end_token(path: Path, caplog) -> None:
    with caplog.at_level(logging.WARNING):
        ids, _ = T5Tokenizer(path)(["a dog barks a dog"], 4)
    assert ids.tolist() == [[3, 4, 5, 1]]
    assert "longer than 4 tokens; its last 7 characters are left out" in caplog.text


def test_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere.*google-t5/t5-base"):
        T5Tokenizer(tmp_path / "nowhere" / "tokenizer.json")
    broken = tmp_path / "tokenizer.json"
    broken.write_text("{}")
    with pytest.raises(InputError, match="not a tokenizer.json"):
        T5Tokenizer(broken)


def test_files_of_any_size_and_depth_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text('{"a":' + "[" * 10**6)
    with pytest.raises(InputError, match="not a tokenizer.json"):
        T5Tokenizer(path)
    os.truncate(path, 9 * 2**20)
    with pytest.raises(InputError, match="9,437,184 bytes, and 8,388,608 are the most"):
        T5Tokenizer(path)


def test_bytes() -> None:
    ids, real = ByteTokenizer()(["Aé", ""], 6)
    assert ids.tolist() == [[65 + 3, 0xC3 + 3, 0xA9 + 3, 1, 0, 0], [1, 0, 0, 0, 0, 0]]
    assert real.sum(dim=1).tolist() == [4, 1] and ids.max() < ByteTokenizer.vocabulary


def test_bytes_are_cut_between_characters(caplog) -> None:
    with caplog.at_level(logging.WARNING):
        ids, _ = ByteTokenizer()(["abéd"], 4)
    assert ids.tolist() == [[ord("a") + 3, ord("b") + 3, 1, 0]]
    assert "its last 2 characters are left out" in caplog.text
