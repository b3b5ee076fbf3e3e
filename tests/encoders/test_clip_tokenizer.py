"""CLIP's tokenizer against the real one's ids, with and without ftfy, and what it does to long texts."""

from __future__ import annotations

import importlib.util
import logging
import sys

import pytest
from golden_files import golden_json

from kling_foley_core.encoders.text.clip_cleaning import clean_caption, plain_repair
from kling_foley_core.encoders.text.clip_tokenizer import END, START, ClipTokenizer

CASES = golden_json("clip_tokenizer")
HAS_FTFY = importlib.util.find_spec("ftfy") is not None


@pytest.fixture(params=["plain", "ftfy"])
def repairing(request, monkeypatch) -> str:
    if request.param == "ftfy" and not HAS_FTFY:
        pytest.skip("needs the package ftfy")
    if request.param == "plain":
        monkeypatch.setitem(sys.modules, "ftfy", None)  # an import now raises ImportError
    return request.param


def test_golden_ids(repairing: str) -> None:
    ids, real = ClipTokenizer()([case["text"] for case in CASES], 77)
    for case, row, mask in zip(CASES, ids.tolist(), real.tolist(), strict=True):
        assert row == case["ids"], case["text"][:40]
        assert sum(mask) == row.index(END) + 1
    assert len(CASES) == 8


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("A\tB\n  c ", "a b c"),
        ("rock &amp;amp; roll", "rock & roll"),
        ("the clock\u2019s \u201ctick\u201d", 'the clock\'s "tick"'),
        ("e\u0301", "\u00e9"),
        ("\uff32\uff21\uff29\uff2e \ufb01re", "rain fire"),
        ("broken \ud83d text", "broken ? text"),
    ],
)
def test_cleaning(text: str, cleaned: str, repairing: str) -> None:
    assert clean_caption(text) == cleaned


def test_only_ftfy_undoes_wrong_decoding(repairing: str) -> None:
    assert clean_caption("cafÃ©") == ("cafã©" if repairing == "plain" else "café")


def test_plain_repair_leaves_good_text_alone() -> None:
    assert plain_repair("naïve 犬 🐕 — ok") == "naïve 犬 🐕 — ok"


def test_long_text_keeps_its_end_and_says_what_is_left_out(caplog) -> None:
    with caplog.at_level(logging.WARNING):
        ids, _ = ClipTokenizer()(["rain " * 75 + "thunder rolls far away"], 77)
    assert ids[0, 0] == START and ids[0, -1] == END
    assert "77 tokens; its last 22 characters are left out" in caplog.text and "thunder" not in caplog.text


def test_a_text_that_just_fits_is_not_reported(caplog) -> None:
    ids, real = ClipTokenizer()(["rain " * 75], 77)
    assert ids[0, -1] == END and real.all() and not caplog.records


def test_vocabulary_has_its_public_size() -> None:
    from kling_foley_core.encoders.text.clip_tokenizer import _byte_pairs

    assert _byte_pairs().get_vocab_size() == ClipTokenizer.vocabulary == 49408
