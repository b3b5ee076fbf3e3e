"""The report says what the result says, sounds and pictures lie in the page, and it is no way in for what
strangers wrote."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from PIL import Image

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.clips.printed import table
from kling_foley_core.evaluation.measures.table import MEASURES
from kling_foley_core.evaluation.report.clips import write_report
from kling_foley_core.evaluation.report.page import judged_page
from kling_foley_core.evaluation.report.page.bars import EDGE, WIDTH, interval_bar
from kling_foley_core.evaluation.report.page.chosen import hearing_order
from kling_foley_core.evaluation.report.published import published
from kling_foley_core.evaluation.report.result import read_result

from .results import HOSTILE, clip, result, value, with_files

VALUES = {
    "FD_PANNs": {**value(12.3), "references": 5},
    "KL_PANNs": value(1.0),
    "DeSync": value(0.4),
    "FAD_YAMNet": value(3.0),
    "CLAP_MS": {"left_out": "ms_clap: CLAP_weights_2023.pth is not there; put it into networks/"},
}


class Seen(HTMLParser):
    """Tags with their attributes, text outside of scripts and styles, and the page's data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.text, self.scripts, self.inside = [], "", [], ""
        self.feed(text)
        self.data = json.loads(self.scripts[0])

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts.append(data)
        elif self.inside != "style":
            self.text += data


@pytest.fixture(scope="module")
def judged(tmp_path_factory) -> SimpleNamespace:
    """Three clips with files, one that was not judged, one whose files are gone; all text hostile."""
    folder = tmp_path_factory.mktemp("judged")
    facts = {"caption": HOSTILE, "scenario": HOSTILE, "notes": [HOSTILE], "labels": [HOSTILE]}
    clips = [{**own, **facts} for own in with_files(folder)]
    clips.append(clip(HOSTILE, {}, state="not judged", **facts))
    clips.append(clip("gone", {"KL_PANNs": None, "DeSync": 0.1}, sound=f"{HOSTILE}.wav", state="partly"))
    scenarios = {HOSTILE: {"clips": 4, "measures": VALUES}, "B": {"clips": 1, "measures": {}}}
    made = result(
        clips, VALUES, scenarios=scenarios, name=HOSTILE, manifest=HOSTILE, settings={HOSTILE: HOSTILE}
    )
    write_report(made, folder / "out")
    page = folder / "out" / "report.html"
    return SimpleNamespace(result=made, folder=folder, page=page, seen=Seen(page.read_text(encoding="utf-8")))


def test_nothing_that_strangers_wrote_becomes_markup(judged):
    tags = judged.seen.tags
    assert [own for tag, own in tags if tag == "script"] == [{"type": "application/json", "id": "data"}, {}]
    assert not [name for _, own in tags for name in own if name.startswith("on")]
    assert not [tag for tag, _ in tags if tag in ("img", "audio", "video", "iframe", "link", "object")]
    assert "<" not in judged.seen.scripts[0] and not judged.seen.scripts[0].isspace()
    assert judged.seen.text.count("<script>alert(1)</script>") >= 10, (
        "heading, settings, scenario, notes, ..."
    )
    assert judged.seen.data["clips"][0][3] == HOSTILE


def test_counts_of_others_are_text_too(tmp_path):
    values = {"DeSync": {**value(0.5), "clips": HOSTILE}}
    scenarios = {"A": {"clips": HOSTILE, "measures": values}}
    write_report(result([clip("one", {"DeSync": 0.5})], values, scenarios=scenarios), tmp_path)
    seen = Seen((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert [tag for tag, _ in seen.tags].count("script") == 2
    assert seen.text.count("<script>alert(1)</script>") == 2


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_what_is_no_number_is_refused(tmp_path, number):
    (tmp_path / "result.json").write_text(f'{{"schema": 1, "seconds": {number}}}')
    with pytest.raises(
        InputError, match=f"result.json is no JSON .*{number} is no number.*give the --output"
    ):
        read_result(tmp_path)


def test_only_its_own_script_runs_and_nothing_is_loaded_from_elsewhere(judged):
    (policy,) = [own["content"] for tag, own in judged.seen.tags if "Security" in own.get("http-equiv", "")]
    digest = base64.b64encode(hashlib.sha256(judged.seen.scripts[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy and policy.startswith("default-src 'none'")
    assert "http" not in policy and "*" not in policy and "self" not in policy
    links = [own["href"] for tag, own in judged.seen.tags if tag == "a"]
    assert {link.split("/")[2] for link in links} <= {"arxiv.org", "github.com"}, "published sources"
    assert not [own for _, own in judged.seen.tags if "src" in own]


def test_the_same_result_gives_the_same_bytes(judged, tmp_path):
    first = {path.name: path.read_bytes() for path in (judged.folder / "out").iterdir()}
    write_report(json.loads(json.dumps(judged.result)), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert sorted(first) == ["clips.csv", "report.html"]


def test_clips_csv_has_a_row_for_each_clip_and_a_column_for_each_figure(judged):
    with (judged.folder / "out" / "clips.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["a", "b", "c", HOSTILE, "gone"]
    assert [row["KL_PANNs"] for row in rows] == ["0.0", "1.0", "2.0", "", ""]
    assert rows[4]["DeSync"] == "0.1" and rows[3]["notes"] == HOSTILE and rows[3]["state"] == "not judged"


def test_sounds_and_pictures_are_in_the_page_and_are_what_they_are_said_to_be(judged):
    heard = judged.seen.data["heard"]
    assert set(heard) == {"a", "b", "c", "gone"}, "not what was not judged"
    for name in "abc":
        assert heard[name]["seconds"] == 2 and heard[name]["why"] == ""
        with av.open(io.BytesIO(base64.b64decode(heard[name]["film"]))) as film:
            assert float(film.duration / av.time_base) == pytest.approx(2, abs=0.06)
        strip = Image.open(io.BytesIO(base64.b64decode(heard[name]["strip"])))
        sound, reference = heard[name]["tracks"]
        assert (sound["name"], sound["onsets"], sound["true"]) == ("judged sound", [0.5, 1.0], [0.25])
        assert (reference["name"], reference["onsets"], reference["true"]) == ("reference", [0.25], [])
        picture = Image.open(io.BytesIO(base64.b64decode(sound["picture"])))
        assert picture.width == strip.width and sound["picture"] != reference["picture"]
        with av.open(io.BytesIO(base64.b64decode(sound["sound"]))) as file:
            assert file.streams.audio[0].codec_context.name.startswith("mp3")
            assert float(file.duration / av.time_base) == pytest.approx(2, abs=0.06)
    (lost,) = heard["gone"]["tracks"]
    assert HOSTILE[:20] in lost["why"] and "doesn't exist" in lost["why"] and lost["sound"] == ""


def test_files_are_found_from_elsewhere_too(judged, tmp_path, monkeypatch):
    """Their paths are as seen from where the evaluation ran, which lay above its output."""
    monkeypatch.chdir(tmp_path)
    own = judged.result["clips"][0]
    names = {kind: Path(own[kind]).name for kind in ("film", "sound", "reference")}
    clips = [{**own, **names}, {**own, "id": "lost", "film": None, "reference": None, "sound": "lost.wav"}]
    seen = Seen(judged_page({**judged.result, "clips": clips}, judged.folder / "out")).data["heard"]
    assert seen["a"] == judged.seen.data["heard"]["a"]
    assert seen["lost"]["tracks"][0]["why"].startswith("'lost.wav' doesn't exist")


def test_a_clip_is_heard_as_far_as_it_was_judged(judged):
    lengths = {"a": 0.5, "b": None, "c": 7.0}
    clips = {own["id"]: own for own in judged.result["clips"]}
    short = [{**clips[name], "seconds": seconds} for name, seconds in lengths.items()]
    seen = Seen(judged_page({**judged.result, "clips": short}, judged.folder / "out")).data["heard"]
    assert {name: seen[name]["seconds"] for name in seen} == {"a": 0.5, "b": 2.0, "c": 2.0}
    for data in (seen["a"]["film"], *(track["sound"] for track in seen["a"]["tracks"])):
        with av.open(io.BytesIO(base64.b64decode(data))) as file:
            assert float(file.duration / av.time_base) == pytest.approx(0.5, abs=0.08)


def test_a_size_that_is_used_up_leaves_clips_out_and_says_so(judged):
    whole = judged.seen.data["heard"]
    size = sum(len(whole["a"][part]) for part in ("film", "strip"))
    size += sum(len(track[part]) for track in whole["a"]["tracks"] for part in ("sound", "picture"))
    page = judged_page(judged.result, judged.folder / "out", budget=round(2.5 * size))
    seen = Seen(page)
    assert list(seen.data["heard"]) == ["a", "c", "gone"], "best and worst by KL and DeSync"
    assert "Sound and pictures of 3 of 4 clips are in this page" in seen.text
    assert len(seen.data["clips"]) == 5, "figures of all"


def test_measures_have_intervals_and_directions_and_what_is_left_out_says_why(judged):
    text = re.sub(r"\s+", " ", judged.seen.text)
    assert re.search(r"FD PANNs ↓.*?12\.30\s*11\.80 to 12\.803 clips5 references", text)
    assert re.search(r"FAD YAMNet ↓.*?3\.00\s*2\.50 to 3\.503 clips[^5]", text)
    assert "CLAP_weights_2023.pth is not there; put it into networks/" in text
    assert text.index("by the networks that papers use") < text.index("by YAMNet, not comparable with papers")
    assert "3judged" in text and "1judged in part" in text and "1not judged" in text


def test_measures_left_out_for_one_reason_share_a_row(tmp_path):
    gone, few = {"left_out": "no <file>; get it"}, {"left_out": "3 clips of 10"}
    values = {"KL_PaSST": gone, "IS_YAMNet": few, "FD_PaSST": gone, "DeSync": value(0.4)}
    write_report(result([clip("one", {"DeSync": 0.4})], values), tmp_path)
    text = re.sub(r"\s+", " ", Seen((tmp_path / "report.html").read_text(encoding="utf-8")).text)
    assert "FD PaSST, KL PaSSTno <file>; get itIS YAMNet3 clips of 10" in text
    printed = table({"measures": values}).splitlines()
    assert printed[1:] == [
        "left out: FD_PaSST, KL_PaSST: no <file>; get it", "left out: IS_YAMNet: 3 clips of 10"
    ]  # fmt: skip


def test_published_numbers_stand_only_beside_measures_of_the_same_network(judged):
    assert "Kling-Foley published" in judged.seen.text and "this run" in judged.seen.text
    assert "6.29" in judged.seen.text, "MMAudio's FD_PANNs"
    assert "29.26" not in judged.seen.text, "IB-score was not taken"
    tables = published(MEASURES)
    columns = {name for table in tables for values in table.methods.values() for name in values}
    assert columns <= {name for name, measure in MEASURES.items() if measure.group == "paper"}
    assert published(["FAD_YAMNet", "KL_YAMNet", "IS_YAMNet", "speech"]) == []
    (kling, *_) = tables
    assert {name: str(value) for name, value in kling.methods["Kling-Foley"].items()} == {
        "FD_PANNs": "7.60", "KL_PANNs": "1.86", "IB-score": "30.75", "DeSync": "0.43",
    }  # fmt: skip


@pytest.mark.parametrize(
    "clips", ([], [clip("one", {"DeSync": 0.5})], [clip("none", {}, state="not judged")])
)
def test_few_or_no_clips_make_a_page_too(clips, tmp_path):
    measures = {"DeSync": {"value": 0.5, "low": None, "high": None, "clips": 1}} if clips else {}
    write_report(result(clips, measures), tmp_path)
    seen = Seen((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert len(seen.data["clips"]) == len(clips) and "None could be taken" in seen.text or clips


def test_the_best_and_the_worst_by_every_measure_are_heard_first():
    kl, clap = MEASURES["KL_PANNs"], MEASURES["CLAP_LAION"]
    figures = {"m": (3, 0.5), "a": (1, 0.4), "b": (2, 0.9), "w": (9, 0.3), "n": (None, 0.1)}
    clips = [clip(name, {kl.name: k, clap.name: c}) for name, (k, c) in figures.items()]
    assert hearing_order(clips, [kl, clap]) == ["a", "w", "b", "n", "m"]


def test_a_bar_has_its_value_interval_and_published_marks_on_one_scale():
    drawn = interval_bar(5.0, 4.0, 6.0, [10.0])
    inner = WIDTH - 2 * EDGE
    assert float(re.search(r'cx="([\d.]+)"', drawn)[1]) == pytest.approx(EDGE + inner / 2, abs=0.1)
    low, high = re.search(r'class="ours" x1="([\d.]+)" x2="([\d.]+)"', drawn).groups()
    assert (float(low), float(high)) == pytest.approx((EDGE + 0.4 * inner, EDGE + 0.6 * inner), abs=0.1)
    assert re.search(r'd="M([\d.]+) ', drawn)[1] == f"{WIDTH - EDGE:.1f}"
    assert 'cx="90.0"' in interval_bar(0.0, -1.0, 1.0, kind="unclear"), "below 0 too"
    assert "line" in interval_bar(0.0, None, None)


def test_in_a_browser_it_ranks_and_lists_and_hostile_text_stays_text(judged, tmp_path):
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("a browser is needed to run the page's script; install chromium")
    shown = dom(program, judged.page, tmp_path)
    tags = Seen(shown).tags
    assert not [name for _, own in tags for name in own if name.startswith("on")]
    assert {own["src"].partition(",")[0] for tag, own in tags if tag == "img"} == {"data:image/jpeg;base64"}
    assert [tag for tag, _ in tags].count("script") == 2
    first, second = re.findall(r"data-(?:first|second)=\"\">(.*?)</div>(?=<h3|</section>)", shown, re.S)
    assert re.findall(r'<p class="facts"><b>(.)</b>', first) == ["a", "b"]
    assert re.findall(r'<p class="facts"><b>(.)</b>', second) == ["c"]
    assert len(re.findall(r'<audio[^>]*src="blob:', shown)) == 6
    assert len(re.findall(r"<tr><th scope=\"row\"><button", shown)) == 5


def test_an_id_that_every_object_of_the_script_has_is_not_heard(tmp_path):
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("a browser is needed to run the page's script; install chromium")
    made = result([clip("constructor", {"DeSync": 0.5})], {"DeSync": value(0.5)})
    page = tmp_path / "report.html"
    page.write_text(judged_page(made, tmp_path, budget=-1), encoding="utf-8")
    shown = dom(program, page, tmp_path)
    assert '<p class="facts">Its sound is not in this page' in shown and ">constructor</button>" in shown


def dom(program: str, page: Path, folder: Path) -> str:
    """What the page is once its script has run."""
    command = [program, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/browser"]
    done = subprocess.run(
        [*command, "--virtual-time-budget=2000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_text_of_others_that_is_no_unicode_is_written_escaped(tmp_path):
    write_report(result([clip("one", {"DeSync": 0.5}, caption="dog \ud83d")], {}, name="\udce9"), tmp_path)
    assert "dog \\ud83d" in (tmp_path / "clips.csv").read_text(encoding="utf-8")
    assert "\\udce9: 1 clip" in (tmp_path / "report.html").read_text(encoding="utf-8")
