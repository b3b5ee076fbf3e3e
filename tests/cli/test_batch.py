"""`kling-foley batch`: what `generate` would make of each clip, in one go that can be killed."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from clips import write_clip
from PIL import Image

from kling_foley_core.cli import main
from kling_foley_core.media import load_audio

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")


@pytest.fixture
def films(tmp_path):
    """Three films, the second one damaged; the third in a folder, with a prompt."""
    folder = tmp_path / "films"
    (folder / "sub").mkdir(parents=True)
    write_clip(folder / "a.mp4")
    (folder / "b.mp4").write_bytes((folder / "a.mp4").read_bytes()[:700])
    write_clip(folder / "sub" / "c.mp4", 1.6)
    (folder / "sub" / "c.txt").write_text("a bell rings\n")
    return folder


def command(films: Path, *more: object) -> list[str]:
    out = films.parent / "out"
    return [str(a) for a in ("batch", films, "--out", out, "--steps", 1, *more)]


def rows(out: Path) -> dict[str, dict[str, str]]:
    with (out / "report.csv").open(newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_each_clip_is_what_generate_makes_of_it(films, tmp_path, capsys) -> None:
    options = (
        "--format",
        "wav",
        "--seed",
        5,
        "--gain",
        -3,
        "--stems",
        tmp_path / "stems",
        "--prompt",
        "rain",
    )
    assert main(command(films, *options)) == 1, "one failed"
    printed = capsys.readouterr()
    assert "2 made, 0 done before, 1 failed" in printed.out and "b: " in printed.err
    assert printed.err.count("has learned from generated scenes") == 1
    found = rows(tmp_path / "out")
    assert [found[name]["state"] for name in ("a", "b", "sub/c")] == ["made", "failed", "made"]
    assert "b.mp4" in found["b"]["why"] and found["sub/c"]["prompt"] == "a bell rings"
    alone = tmp_path / "alone.wav"
    for name in ("a", "sub/c"):
        row, film = found[name], films / f"{name}.mp4"
        text = ["--prompt", row["prompt"], "--seed", row["seed"]]
        assert (
            main(["generate", str(film), *text, "--steps", "1", "--gain", "-3", "--output", str(alone)]) == 0
        )
        assert alone.read_bytes() == (tmp_path / "out" / row["output"]).read_bytes()
        assert (tmp_path / "stems" / f"{name}.generated.wav").is_file()


@posix
def test_a_batch_that_is_killed_goes_on(films, tmp_path, capsys) -> None:
    (films / "b.mp4").unlink()
    out = tmp_path / "out"
    process = subprocess.Popen([sys.executable, "-m", "kling_foley_core.cli", *command(films)], cwd=ROOT)
    while not (out / "records" / "a.mp4.json").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    first = (out / "a.mp4").stat()
    if (out / "sub" / "c.mp4").exists():  # it was fast
        load_audio(out / "sub" / "c.mp4")
    assert main(command(films)) == 0
    assert "1 of 2 clips are done" in (said := capsys.readouterr().out) or "2 of 2 clips are done" in said
    assert (out / "a.mp4").stat() == first, "not made twice"
    assert load_audio(out / "sub" / "c.mp4")[0].shape == (2, 70560)
    assert {row["state"] for row in rows(out).values()} <= {"made", "done before"}
    assert not list(out.rglob(".kling-foley-*")), "nothing half is left"
    assert main(command(films)) == 0 and "0 made, 2 done before" in capsys.readouterr().out


@posix
def test_ctrl_c_stops_and_the_report_says_what_is_left(films, tmp_path, capsys, monkeypatch) -> None:
    from kling_foley_core.cli import generate

    def stopped(options, *_):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)

    monkeypatch.setattr(generate, "generated", stopped)
    # As a terminal has it; what runs in the background of a shell is born deaf to SIGINT.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(command(films)) == 130 and "cancelled" in capsys.readouterr().err
    finally:
        signal.signal(signal.SIGINT, before)
    assert {row["state"] for row in rows(tmp_path / "out").values()} == {"not reached"}


def test_two_processes_make_each_clip_once(films, tmp_path, capsys) -> None:
    assert main(command(films, "--jobs", 2)) == 1
    assert "2 made, 0 done before, 1 failed" in capsys.readouterr().out
    assert main(command(films, "--jobs", 2)) == 1
    assert "0 made, 2 done before, 1 failed" in capsys.readouterr().out


def test_another_picture_in_the_masks_file_makes_every_clip_anew(films, tmp_path, capsys) -> None:
    (films / "b.mp4").unlink()
    mask = tmp_path / "mask.png"
    for white, said in ((60, "2 made, 0 done"), (None, "0 made, 2 done"), (30, "2 made, 0 done")):
        if white is not None:
            image = Image.new("L", (96, 64))
            image.paste(255, (0, 0, white, 64))
            image.save(mask)
        assert main(command(films, "--format", "wav", "--mask", mask)) == 0
        assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--jobs", 0], "--jobs 0: give 1 to 64"),
        (["--own-sound", "keep"], "give --stems DIR"),
        (["--steps", 0], "steps"),
        (["--model", "nowhere"], "nowhere"),
        (["--out", "{films}/out"], "lies within"),
        (["--out", "{films}/a.mp4"], "--out"),
    ],
)
def test_bad_input_is_named_before_the_work(films, tmp_path, capsys, more, message) -> None:
    given = [a.format(films=films) if isinstance(a, str) else a for a in more]
    assert main(command(films, *given)) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.rglob("report.csv"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--best-of", 0], "--best-of 0: give 1"),
        (["--keep-takes"], "--keep-takes: no takes are ranked"),
        (["--only", "0,0,2,1"], "--only: box 0,0,2,1"),
        (["--mask", "no.png"], "'no.png' doesn't exist"),
        (["--places", "x"], "places: 'x'"),
        (["--places", "0:1", "--stereo", "mono"], "it takes no places"),
        (["--width", 3], "width = 3"),
        (["--negative-prompt", "[3-2] x"], "--negative-prompt: [3-2] runs backwards"),
        (["--lora", "no.safetensors"], "--lora no.safetensors: there is no such file"),
        (["--stems", __file__], "--stems"),
    ],
)
def test_what_no_clip_could_be_made_with_is_refused_before_the_weights_are_read(
    films, monkeypatch, capsys, options, message
) -> None:
    monkeypatch.setattr("kling_foley_core.cli.generate.loaded", lambda *_: pytest.fail("weights were read"))
    assert main(command(films, *options)) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not (films.parent / "out" / "report.csv").exists()
