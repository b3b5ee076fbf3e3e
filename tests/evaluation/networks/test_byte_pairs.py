"""RoBERTa's and GPT-2's tokens: those of transformers' tokenizers, from the same files, wherever they lie."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from clap_tiny import MERGED, TEXTS, write_gpt2, write_roberta

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks.clap.byte_pairs import END, GPT2, ROBERTA, find_byte_pairs

MORE = [
    *TEXTS,
    " two  spaces\tand\nlines ",
    "it's 1999!!! <s> x</s><unk>",
    "<|endoftext|>!",
    "\u00a0ß…\U0001f436",
]


@pytest.mark.parametrize("text", MORE)
def test_roberta(tmp_path: Path, text: str) -> None:
    transformers = pytest.importorskip("transformers")
    count = write_roberta(tmp_path / "any")
    theirs = transformers.RobertaTokenizer.from_pretrained(str(tmp_path / "any"), local_files_only=True)
    wanted = theirs(text, truncation=True, max_length=77)["input_ids"]
    assert find_byte_pairs(ROBERTA, count, tmp_path / "it.pt")(text, 77) == wanted


@pytest.mark.parametrize("text", MORE)
def test_gpt2_with_its_padding(tmp_path: Path, text: str) -> None:
    """MS-CLAP's code calls "!" the padding; ids of it fill a text up to 77."""
    transformers = pytest.importorskip("transformers")
    count = write_gpt2(tmp_path / "any")
    theirs = transformers.GPT2TokenizerFast.from_pretrained(str(tmp_path / "any"), local_files_only=True)
    theirs.add_special_tokens({"pad_token": "!"})
    wanted = theirs(f"{text} {END}", padding="max_length", max_length=77)["input_ids"]
    found = find_byte_pairs(GPT2, count, tmp_path / "it.pth")(f"{text} {END}")
    assert found + [0] * (77 - len(found)) == wanted


def test_either_form_of_the_files_in_any_folder(tmp_path: Path) -> None:
    """Both networks' files lie beside the same weights."""
    roberta, gpt2 = write_roberta(tmp_path / "b"), write_gpt2(tmp_path / "a")
    split = [
        find_byte_pairs(words, n, tmp_path / "w")(TEXTS[1]) for words, n in ((ROBERTA, roberta), (GPT2, gpt2))
    ]
    for folder in (tmp_path / "a", tmp_path / "b"):
        vocabulary = json.loads((folder / "vocab.json").read_text())
        model = {"vocab": vocabulary, "merges": [pair.split(" ") for pair in MERGED]}
        (folder / "tokenizer.json").write_text(json.dumps({"model": model}))
        (folder / "vocab.json").unlink()
    shutil.move(tmp_path / "a" / "tokenizer.json", tmp_path / "tokenizer.json")
    assert split == [
        find_byte_pairs(words, n, tmp_path / "w")(TEXTS[1]) for words, n in ((ROBERTA, roberta), (GPT2, gpt2))
    ]


@pytest.mark.parametrize("names", [("tokenizer.json",), ("vocab.json", "merges.txt")])
def test_the_hubs_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]) -> None:
    hub = pytest.importorskip("huggingface_hub")
    count = write_gpt2(tmp_path / "cache")
    vocabulary = json.loads((tmp_path / "cache/vocab.json").read_text())
    (tmp_path / "cache/tokenizer.json").write_text(
        json.dumps({"model": {"vocab": vocabulary, "merges": MERGED}})
    )
    (tmp_path / "weights").mkdir()

    def cached(repository: str, name: str) -> str | None:
        return str(tmp_path / "cache" / name) if repository == "gpt2" and name in names else None

    monkeypatch.setattr(hub, "try_to_load_from_cache", cached)
    found = find_byte_pairs(GPT2, count, tmp_path / "weights/it.pth")
    assert found("the dog") == [vocabulary[w] for w in ("t", "he", "Ġdog")]


def test_others_and_damaged_ones_are_not_taken(tmp_path: Path) -> None:
    count = write_roberta(tmp_path / "roberta")
    for name, text in {
        "a": "{",
        "b": "[1]",
        "c": '{"model": {"vocab": {"<s>": 0}, "merges": ["a"]}}',
        "d": '{"model": {"vocab": {"<s>": 0.5}, "merges": []}}',
        "e": "[" * 10**5,
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "tokenizer.json").write_text(text)
    assert find_byte_pairs(ROBERTA, count, tmp_path / "it.pt")("a") is not None
    for words, number in ((GPT2, count), (ROBERTA, count + 1)):
        with pytest.raises(InputError, match="get tokenizer.json.*huggingface.co"):
            find_byte_pairs(words, number, tmp_path / "it.pt")
    (tmp_path / "roberta/merges.txt").write_text("no such\n")
    with pytest.raises(InputError, match="RoBERTa's list of tokens .* can't be used"):
        find_byte_pairs(ROBERTA, count, tmp_path / "it.pt")


def test_a_long_text_keeps_its_end_mark(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    count = write_roberta(tmp_path)
    ids = find_byte_pairs(ROBERTA, count, tmp_path / "it.pt")("dog " * 100, 77)
    assert len(ids) == 77 and (ids[0], ids[-1]) == (0, 2) and "77 tokens" in caplog.text


def test_no_text(tmp_path: Path) -> None:
    count = write_gpt2(tmp_path)
    with pytest.raises(InputError, match="give a string"):
        find_byte_pairs(GPT2, count, tmp_path / "it.pth")(None)
