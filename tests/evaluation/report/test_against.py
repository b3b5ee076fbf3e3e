"""Two results are compared pair by pair, and what only one has is named."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.report.against import compared
from kling_foley_core.evaluation.report.clips import write_comparison

from .results import HOSTILE, clip, result, value
from .test_clips import Seen, dom

NAMES = ("ours", "theirs")
DRAW = np.random.RandomState(0)
HARD = 3 * DRAW.randn(40)  # how hard a clip is, for both alike


def of(figures: np.ndarray, first: int = 0, measures: dict | None = None, name: str = "KL_PANNs") -> dict:
    clips = [clip(f"c{k + first}", {name: float(figure)}) for k, figure in enumerate(figures)]
    return result(clips, measures or {})


def test_a_small_difference_is_seen_because_clips_are_paired():
    ours, theirs = HARD + 10, HARD + 10.3 + 0.1 * DRAW.randn(40)
    (found,) = compared(of(ours), of(theirs), NAMES).differences
    assert found.value == pytest.approx((ours - theirs).mean()) == pytest.approx(found.this - found.other)
    assert -0.4 < found.low < found.value < found.high < -0.2, "clips alone scatter by 3"
    assert found.better == "this" and found.clips == 40
    (turned,) = compared(of(theirs), of(ours), NAMES).differences
    assert turned.better == "other" and turned.value == pytest.approx(-found.value)
    (upward,) = compared(of(ours, name="IB-score"), of(theirs, name="IB-score"), NAMES).differences
    assert upward.better == "other", "higher is better"


def test_what_differs_by_chance_is_not_called_better():
    (found,) = compared(of(HARD + DRAW.randn(40)), of(HARD + DRAW.randn(40)), NAMES).differences
    assert found.low < 0 < found.high and found.better == ""


def test_pairs_go_by_id_and_clips_of_one_result_alone_are_named():
    ours, theirs = of(np.arange(5.0)), of(np.arange(5.0)[::-1], first=2)
    theirs["clips"].reverse()
    theirs["clips"][0]["figures"] = {"KL_PANNs": None}  # c6
    theirs["clips"][2]["figures"] = {}  # c4
    theirs["clips"].append(clip("c2", {}, state="not judged"))  # an id given twice
    found = compared(ours, theirs, NAMES)
    assert found.only_this == {"c0": "not in the list", "c1": "not in the list"}
    assert list(found.only_other) == ["c6", "c5"]
    assert [(a["id"], b["id"]) for a, b in found.pairs] == [(f"c{k}",) * 2 for k in (2, 3, 4)]
    (difference,) = found.differences
    assert (difference.this, difference.other, difference.clips) == (2.5, 3.5, 2)
    with pytest.raises(
        InputError, match="'ours' and 'theirs' have no judged clip in common: c0, c1, c2, ... against"
    ):
        compared(ours, of(np.arange(3.0), first=9), NAMES)


def test_a_clip_that_one_did_not_judge_is_in_one_alone_and_says_why(tmp_path):
    ours, theirs = of(np.arange(4.0)), of(np.arange(4.0) + 1)
    for made, k, note in ((ours, 0, "a.wav is silent"), (theirs, 1, "no file c1.*"), (theirs, 3, "damaged")):
        made["clips"][k] |= {"state": "not judged", "figures": {}, "notes": [note]}
    ours["clips"][3] |= {"state": "not judged", "figures": {}}
    found = compared(ours, theirs, NAMES)
    assert [pair[0]["id"] for pair in found.pairs] == ["c2"]
    assert (found.only_this, found.only_other) == ({"c1": "no file c1.*"}, {"c0": "a.wav is silent"})
    write_comparison(ours, theirs, (tmp_path, tmp_path / "theirs"))
    text = Seen((tmp_path / "compared.html").read_text(encoding="utf-8")).text
    assert "judged in both" in text and "1 judged only in this" in text and "c1: no file c1.*" in text


def test_what_two_results_were_judged_by_is_named_where_it_differs(tmp_path):
    ours, theirs = of(HARD), of(HARD)
    assert compared(ours, theirs, NAMES).unlike == ()
    ours["settings"] = {"networks": {"passt": "a.pt (12)", "panns": "x.pth (1)"}}
    theirs |= {"settings": {"networks": {"passt": f"b{HOSTILE} (13)", "panns": "x.pth (1)"}}, "seconds": 8.0}
    assert compared(ours, theirs, NAMES).unlike == (
        "at most 2.0 s of each clip against 8.0 s",
        f"passt of a.pt (12) against b{HOSTILE} (13)",
    )
    write_comparison(ours, theirs, (tmp_path, tmp_path / "theirs"))
    seen = Seen((tmp_path / "compared.html").read_text(encoding="utf-8"))
    assert "Not judged alike: at most 2.0 s" in seen.text and HOSTILE in seen.text


def test_measures_of_the_set_show_both_values_and_an_interval_where_clips_say_how_they_move_it():
    ours, theirs = of(HARD, measures={"FD_PANNs": value(12.0)}), of(HARD, measures={"FD_PANNs": value(13.0)})
    theirs["measures"]["IS_PANNs"] = value(5.0)
    fd = compared(ours, theirs, NAMES).differences[0]
    assert (fd.this, fd.other, fd.value, fd.low, fd.better) == (12, 13, -1, None, "")
    for made, move in ((ours, 0.02), (theirs, 0.01)):
        for k, own in enumerate(made["clips"]):
            own["influences"] = {"FD_PANNs": move * (-1) ** k}
    fd = compared(ours, theirs, NAMES).differences[0]
    assert fd.low < -1 < fd.high and fd.better == "this" and fd.clips == 40


def test_pairs_with_other_references_are_not_judged_alike():
    ours, theirs = of(HARD), of(HARD)
    for made in (ours, theirs):
        for own in made["clips"]:
            own |= {"reference": f"{own['id']}.wav", "start": 2.0}
    assert compared(ours, theirs, NAMES).unlike == ()
    theirs["clips"][4]["reference"] = "mixed/c4.wav"
    words = "{} of 40 clips by other references, such as {} by {}.wav from 2 s against {}"
    assert compared(ours, theirs, NAMES).unlike == (words.format(1, "c4", "c4", "mixed/c4.wav from 2 s"),)
    theirs["clips"][3]["start"] = 0.0
    assert compared(ours, theirs, NAMES).unlike == (words.format(2, "c3", "c3", "c3.wav"),)
    theirs["clips"][1]["reference"] = None
    assert compared(ours, theirs, NAMES).unlike == (words.format(3, "c1", "c1", "none"),)


@pytest.mark.parametrize("name", ["FD_PANNs", "FAD_YAMNet", "KID_PANNs", "IS_PANNs"])
@pytest.mark.parametrize("fewer", ["clips", "references"])
def test_where_counts_differ_a_measure_that_is_biased_by_them_calls_none_better(name, fewer, tmp_path):
    sets = {"clips": 40, "references": 40}
    ours, theirs = (of(HARD, measures={name: value(number) | sets}) for number in (12.0, 15.0))
    for made in (ours, theirs):
        for k, own in enumerate(made["clips"]):
            own["influences"] = {name: 0.02 * (-1) ** k}
    fair = {d.measure.name: d for d in compared(ours, theirs, NAMES).differences}[name]
    assert fair.better == ("other" if name == "IS_PANNs" else "this")
    theirs["measures"][name][fewer] = 30
    found = {d.measure.name: d for d in compared(ours, theirs, NAMES).differences}[name]
    assert (found.better, found.uneven) == (("this", False) if name == "KID_PANNs" else ("", True))
    write_comparison(ours, theirs, (tmp_path, tmp_path / "theirs"))
    text = Seen((tmp_path / "compared.html").read_text(encoding="utf-8")).text
    sounds, references = (30, 40) if fewer == "clips" else (40, 30)
    said = f"40 sounds, 40 references against {sounds} sounds, {references} references"
    assert said in text and text.count("counts differ") == 1 + (name != "KID_PANNs"), "the note says it once"


def test_the_page_and_the_table_say_it(tmp_path):
    folders = (tmp_path / "one", tmp_path / "two")
    for folder in folders:
        folder.mkdir()
    ours, theirs = of(HARD + 10), of(HARD + 10.3, first=1)
    ours["name"] = theirs["name"] = HOSTILE
    ours["clips"][5]["caption"] = theirs["clips"][-1]["id"] = HOSTILE
    write_comparison(ours, theirs, folders)
    page = (folders[0] / "compared.html").read_text(encoding="utf-8")
    seen = Seen(page)
    assert len(seen.data["clips"]) == 39 and seen.data["clips"][0][6:] == [
        [ours_of(ours, "c1"), 10.3 + HARD[0]]
    ]
    assert (
        "1 judged only in this" in seen.text
        and "1 judged only in the other" in seen.text
        and "c0" in seen.text
    )
    assert HOSTILE in seen.text and str(folders[1]) in seen.text, "names that are alike become folders"
    assert [own for tag, own in seen.tags if tag == "script"] == [
        {"type": "application/json", "id": "data"},
        {},
    ]
    assert not [tag for tag, _ in seen.tags if tag in ("img", "audio")]
    with (folders[0] / "compared.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 39 and float(rows[0]["difference"]) == pytest.approx(
        float(rows[0]["this"]) - float(rows[0]["other"]), rel=1e-5
    )
    first = {path: path.read_bytes() for path in folders[0].iterdir()}
    write_comparison(ours, theirs, folders)
    assert first == {path: path.read_bytes() for path in folders[0].iterdir()} and not any(
        folders[1].iterdir()
    )


@pytest.mark.parametrize(
    ("name", "better"), [("KL_PANNs", (["c0", "c1"], ["c3"])), ("IB-score", (["c3"], ["c0", "c1"]))]
)
def test_in_a_browser_a_clip_stands_only_where_it_is_better(tmp_path, name, better):
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("a browser is needed to run the page's script; install chromium")
    ours, theirs = (of(np.array(figures), name=name) for figures in ([1.0, 2, 3, 4], [3.0, 3, 3, 3]))
    write_comparison(ours, theirs, (tmp_path, tmp_path / "theirs"))
    shown = dom(program, tmp_path / "compared.html", tmp_path)
    ends = re.findall(r"data-(?:first|second)=\"\">(.*?)</div>(?=<h3|</section>)", shown, re.S)
    listed = tuple(re.findall(r'<p class="facts"><b>(c.)</b>', end) for end in ends)
    assert listed == better, "c2 is alike in both"


def ours_of(made: dict, name: str) -> float:
    return next(own["figures"]["KL_PANNs"] for own in made["clips"] if own["id"] == name)


@pytest.mark.parametrize("where", ("result", "against"))
def test_the_command_names_the_folder_without_a_result(where, tmp_path: Path, capsys):
    from kling_foley_core.cli import main

    (tmp_path / "a").mkdir()
    if where == "against":
        import json

        (tmp_path / "a" / "result.json").write_text(json.dumps(of(HARD)))
    assert main(["evaluate", "report", str(tmp_path / "a"), "--against", str(tmp_path / "b")]) == 2
    missing = tmp_path / ("a" if where == "result" else "b") / "result.json"
    assert f"{missing} can't be read" in capsys.readouterr().err
    assert not (tmp_path / "a" / "report.html").exists()


def test_the_command_writes_all_of_it(tmp_path: Path, capsys):
    import json

    from kling_foley_core.cli import main

    for name, shift in (("a", 0.0), ("b", 0.3)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "result.json").write_text(json.dumps(of(HARD + shift)))
    assert main(["evaluate", "report", str(tmp_path / "a"), "--against", str(tmp_path / "b")]) == 0
    made = ["clips.csv", "compared.csv", "compared.html", "report.html", "result.json"]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == made
    assert "report.html" in capsys.readouterr().out
