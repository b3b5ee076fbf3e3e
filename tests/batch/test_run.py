"""What is done is not done again, what fails stops nothing, and the report tells of all: with a maker that
needs no weights."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from batch_maker import Maker, Start, failed
from clips import write_clip

from kling_foley_core.batch import (
    FAILED,
    KEPT,
    MADE,
    BatchClip,
    Records,
    Settings,
    made_by_processes,
    made_one_by_one,
    write_report,
)
from kling_foley_core.batch.lock import locked
from kling_foley_core.data.manifest import Rejected
from kling_foley_core.errors import InputError

HOSTILE = '</script><img src=x onerror=a()> & "quoted" \''


def ran_out() -> None:
    raise MemoryError


@pytest.fixture
def films(tmp_path) -> list[Path]:
    return [write_clip(tmp_path / f"{name}.mp4", 1) for name in "abcd"]


def clips_of(films: list[Path], **prompts: str) -> list[BatchClip]:
    names = [film.stem for film in films]
    return [
        BatchClip(name, film, prompts.get(name, name), 0.0, None, 7, Path("x", f"{name}.wav"))
        for name, film in zip(names, films, strict=True)
    ]


def records_of(tmp_path: Path, weights: tuple[Path, ...] = (), **values: str) -> Records:
    return Records(tmp_path / "out", Settings(values, weights))


def made(clips: list[BatchClip], records: Records, maker) -> dict:
    """As the command does it: what is done is left."""
    outcomes = {clip.id: done for clip in clips if (done := records.done(clip))}
    left = [clip for clip in clips if clip.id not in outcomes]
    made_one_by_one(left, maker, records, lambda clip, outcome: outcomes.update({clip.id: outcome}))
    return outcomes


def states(outcomes: dict) -> str:
    return " ".join(outcomes[name].state.split()[0] for name in sorted(outcomes))


def test_whatever_fails_stops_no_other(films, tmp_path) -> None:
    clips = clips_of(films, b="memory", c="fail")
    maker = Maker(tmp_path / "log", {"memory": ran_out, "fail": failed})
    outcomes = made(clips, records_of(tmp_path), maker)
    assert states(outcomes) == "made failed failed made"
    assert "memory is used up" in outcomes["b"].why
    assert outcomes["c"].why == "RuntimeError: CUDA error: <it> failed"
    facts = outcomes["d"].facts
    assert (facts.seconds, facts.rate, facts.channels) == (1, 16000, 2)
    assert facts.loudness == pytest.approx(-20, abs=0.3) and facts.peak == pytest.approx(-20, abs=0.1)
    assert sorted(p.name for p in (tmp_path / "out" / "x").iterdir()) == ["a.wav", "d.wav"]


def test_ctrl_c_is_no_failure(films, tmp_path) -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(clips_of(films), records_of(tmp_path), Maker(tmp_path / "log", {"b": stopped}))
    assert (
        states(made(clips_of(films), records_of(tmp_path), Maker(tmp_path / "log", {})))
        == "done made made made"
    )


def test_what_changes_a_sound_makes_it_anew_and_nothing_else_does(films, tmp_path) -> None:
    weights = tmp_path / "w.safetensors"
    weights.write_bytes(b"1")
    clips, maker = clips_of(films), Maker(tmp_path / "log", {})

    def again(changed: list[BatchClip] = clips, steps: str = "20") -> str:
        return states(made(changed, records_of(tmp_path, (weights,), steps=steps), maker))

    assert again() == "made made made made"
    assert again() == again(clips[::-1]) == "done done done done"
    assert again([replace(clips[0], prompt="other"), *clips[1:]]) == "made done done done"
    assert again() == "made done done done", "and back"
    assert again([replace(clips[0], seed=8), *clips[1:]]).startswith("made done")
    assert again([clips[0], replace(clips[1], seconds=0.5), *clips[2:]]) == "made made done done"
    assert again(steps="21") == "made made made made"
    weights.write_bytes(b"22")
    assert again(steps="21") == "made made made made"
    write_clip(films[2], 1.2)
    (tmp_path / "out" / "x" / "a.wav").write_bytes(b"cut")
    (tmp_path / "out" / "records" / "x" / "b.wav.json").write_text('{"digest": ')
    assert again(steps="21") == "made made made done"
    assert again(steps="21") == "done done done done"


def test_processes_make_each_clip_once_and_one_that_dies_stops_no_other(tmp_path) -> None:
    films = [write_clip(tmp_path / f"{name}.mp4", 1) for name in "abcdef"]
    clips, outcomes, log = clips_of(films, b="kill", d="fail"), {}, tmp_path / "log"
    made_by_processes(
        clips, Start(log), ["cpu", "cpu"], records_of(tmp_path), lambda clip, o: outcomes.update({clip.id: o})
    )
    assert states(outcomes) == "made failed made failed made made"
    assert "its process ended with signal 9" in outcomes["b"].why and "<it> failed" in outcomes["d"].why
    names, processes = zip(*(line.split() for line in log.read_text().splitlines()), strict=True)
    assert sorted(names) == list("abcdef") and len({*processes}) >= 2


def test_a_process_whose_starter_is_killed_ends_without_a_word() -> None:
    program = (
        "from batch_maker import alone; from kling_foley_core.batch.processes import done_by_processes\n"
        "if __name__ == '__main__': done_by_processes([1, 2], alone, ['cpu'], print, print, '--workers')"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, timeout=300
    )  # waits for all who hold its standard error
    assert ended.returncode == -signal.SIGKILL and (ended.stdout, ended.stderr) == ("", "")


def test_weights_that_cannot_be_loaded_end_it_all(films, tmp_path) -> None:
    with pytest.raises(InputError, match="device none: there is none"):
        made_by_processes(clips_of(films), Start(tmp_path / "log"), ["none"] * 2, records_of(tmp_path), print)


def test_two_batches_in_a_folder_are_refused(tmp_path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(InputError, match="another batch is at work there"),
        locked(tmp_path),
    ):
        pass
    with locked(tmp_path):
        pass


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_the_report_tells_of_all_and_is_no_way_in(films, tmp_path) -> None:
    records = records_of(tmp_path, model=HOSTILE)
    clips = clips_of(films, a=HOSTILE, b="fail")
    outcomes = made(clips[:3], records, Maker(tmp_path / "log", {"fail": failed}))
    lost = Rejected(HOSTILE, "missing file", "it isn't there.")
    page = write_report(HOSTILE, clips, [lost], outcomes, records)
    with (tmp_path / "out" / "report.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == [MADE, FAILED, MADE, "not reached", FAILED]
    assert rows[0]["prompt"] == HOSTILE and rows[0]["seed"] == "7" and rows[0]["loudness"].startswith("-20")
    assert rows[4] == {**dict.fromkeys(rows[0], ""), "id": HOSTILE, "state": FAILED, "why": lost.why}

    text = page.read_text(encoding="utf-8")
    seen = Page(text)
    assert not any(tag in ("script", "link", "iframe") or "onerror" in attrs for tag, attrs in seen.tags)
    players = [attrs["src"] for tag, attrs in seen.tags if tag == "audio"]
    assert [unquote(source) for source in players] == ["x/a.wav", "x/c.wav"]
    assert all((page.parent / source).is_file() for source in players)
    pictures = [attrs["src"] for tag, attrs in seen.tags if tag == "img"]
    assert len(pictures) == 2 and all(source.startswith("data:image/jpeg;base64,/9j/") for source in pictures)
    assert HOSTILE in seen.text and "RuntimeError: CUDA error: <it> failed" in seen.text
    assert "Not reached" in seen.text and re.search(r"2\s*made", seen.text)
    assert "http" not in text.replace("http-equiv", "")


def test_a_record_says_how_its_output_was_made(films, tmp_path) -> None:
    records = records_of(tmp_path, steps="20")
    made(clips_of(films[:1]), records, Maker(tmp_path / "log", {}))
    record = json.loads((tmp_path / "out" / "records" / "x" / "a.wav.json").read_text())
    assert record["prompt"] == "a" and record["seed"] == 7 and record["settings"] == {"steps": "20"}
    assert records.done(clips_of(films[:1])[0]).state == KEPT
