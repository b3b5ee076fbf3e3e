"""Numbers of a result: six digits, no rounding errors, nothing that JSON can't say."""

from __future__ import annotations

import json

from kling_foley_core.evaluation.clips.result import rounded, write_result


def test_numbers_are_rounded_wherever_they_are() -> None:
    given = {"value": 12.3456789, "interval": (1e-13, -2e-12), "small": 1.23456789e-7, "count": 3, 4: [-0.0]}
    want = {"value": 12.3457, "interval": [0.0, 0.0], "small": 1.23457e-7, "count": 3, "4": [0.0]}
    assert json.dumps(rounded(given)) == json.dumps(want)  # also no -0.0


def test_what_is_no_number_is_none() -> None:
    assert rounded([float("nan"), float("inf"), None, "text", True]) == [None, None, None, "text", True]


def test_names_of_files_that_are_no_unicode_can_be_written(tmp_path) -> None:
    write_result(rounded({"sound": "caf\udce9.wav", "dogs \ud83d": ["é"]}), tmp_path / "result.json")
    want = {"dogs \\ud83d": ["é"], "sound": "caf\\udce9.wav"}
    assert json.loads((tmp_path / "result.json").read_text(encoding="utf-8")) == want
