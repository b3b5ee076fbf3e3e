"""Numbers of a result: six digits, no rounding errors, nothing that JSON can't say."""

from __future__ import annotations

import json

from judged_clips import clip

from kling_foley_core.data.manifest import Rejected
from kling_foley_core.evaluation.clips.gathering import Gathered
from kling_foley_core.evaluation.clips.judging import ClipFeatures
from kling_foley_core.evaluation.clips.pairs import Pair
from kling_foley_core.evaluation.clips.result import result_of, rounded, write_result


def test_a_clips_own_length_is_in_it() -> None:
    pairs = [Pair(clip(name, seconds=own), None, None, 0.0) for name, own in (("a", 2.5), ("b", None))]
    gathered = [Gathered(ClipFeatures(pair.clip.id), heard=False) for pair in pairs]
    result = result_of({}, (), pairs, gathered, [Rejected("c", "no file", "line 4: no file.")], {})
    assert [one["seconds"] for one in result["clips"]] == [2.5, None, None]


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
