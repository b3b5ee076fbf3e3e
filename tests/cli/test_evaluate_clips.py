"""`kling-foley evaluate clips`: sounds of any system, judged; what is wrong is said before the work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from judged_clips import film, sound, with_beside, with_spectra

from kling_foley_core.cli import main
from kling_foley_core.cli.evaluate_clips import WRITTEN
from kling_foley_core.evaluation.clips.run import Plan

ROOT = Path(__file__).parents[2]
CLIPS = 4


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Four films with a sound of their own, and a system's sounds for three of them."""
    monkeypatch.chdir(tmp_path)
    with_spectra(monkeypatch.setattr)
    rows = ["id,film,caption,scenario"]
    for number in range(CLIPS):
        film(Path(f"films/f{number}.mp4"), number)
        rows.append(f"c{number},films/f{number}.mp4,a bell,{'ab'[number % 2]}")
        if number:
            sound(Path(f"pred/c{number}.wav"), number + 10)
    Path("list.csv").write_text("\n".join([*rows, "gone,films/gone.mp4,,", ""]))
    return tmp_path


def command(*more: object, metrics: tuple[str, ...] = ("yamnet", "signal", "CLAP_MS")) -> list[str]:
    given = ["evaluate", "clips", "--manifest", "list.csv", "--pred", "pred", "--output", "out"]
    return [str(a) for a in (*given, "--device", "cpu", "--metrics", *metrics, *more)]


def test_every_clip_is_in_the_result_and_measures_say_what_they_lack(folder, capsys) -> None:
    assert main(command()) == 1, "some could not be judged"
    printed = capsys.readouterr()
    result = json.loads(Path("out/result.json").read_text(encoding="utf-8"))
    assert list(result) == sorted(result)
    assert result["schema"] == 1 and result["name"] == "pred" and result["manifest"] == "list.csv"
    assert result["settings"] == {"pred": "pred", "metrics": ["yamnet", "signal", "CLAP_MS"]}
    assert [(c["id"], c["state"]) for c in result["clips"]] == [
        ("c0", "not judged"),
        ("c1", "judged"),
        ("c2", "judged"),
        ("c3", "judged"),
        ("gone", "not judged"),
    ]
    first, gone = result["clips"][1], result["clips"][4]
    assert result["clips"][0]["notes"] == ["--pred pred has no file c0.*"]
    assert "films/gone.mp4 isn't there" in gone["notes"][0] and gone["film"] is None
    assert (first["film"], first["sound"], first["reference"]) == (
        "films/f1.mp4",
        "pred/c1.wav",
        "films/f1.mp4",
    )
    assert {"KL_YAMNet", "LUFS", "hits F1"} <= {*first["figures"]} and "FAD_YAMNet" in first["influences"]
    assert len(first["onsets"]["sound"]) >= 1
    measures = result["measures"]
    assert measures["KL_YAMNet"]["clips"] == 3 and measures["FAD_YAMNet"]["value"] > 0
    assert (measures["FAD_YAMNet"]["clips"], measures["FAD_YAMNet"]["references"]) == (3, 4), "of c0 too"
    assert [one["influences"].keys() >= {"FAD_YAMNet"} for one in result["clips"]] == [True] * 4 + [False]
    assert result["scenarios"]["a"]["measures"]["FAD_YAMNet"]["left_out"].startswith(
        "1 of 1 clips can be used"
    )
    assert "     3 clips, 4 references" in printed.out
    assert "10" in measures["IS_YAMNet"]["left_out"] and measures["CLAP_MS"] == {
        "left_out": "ms_clap is not there; get it."
    }
    assert {name: one["clips"] for name, one in result["scenarios"].items()} == {"a": 1, "b": 2}
    assert "left out: CLAP_MS: ms_clap is not there" in printed.out and "KL YAMNet" in printed.out
    assert "out/report.html: 3 judged, 0 partly, 2 not judged" in printed.out
    assert "films/gone.mp4 isn't there" in printed.err
    assert Path("out/report.html").is_file() and Path("out/clips.csv").is_file()


@pytest.mark.parametrize(("caption", "state"), [("", "judged"), ("a bell", "partly")])
def test_what_no_clip_has_is_said_once_and_what_one_lacks_is_said_of_it(
    folder, monkeypatch, caption, state
) -> None:
    with_beside(monkeypatch.setattr)
    Path("list.csv").write_text(f"id,film,caption\nc1,films/f1.mp4,\nc2,films/f2.mp4,{caption}\n")
    assert main(command(metrics=("CLAP_MS",))) == 0
    result = json.loads(Path("out/result.json").read_text(encoding="utf-8"))
    assert [(c["id"], c["state"]) for c in result["clips"]] == [("c1", state), ("c2", "judged")]
    assert result["clips"][0]["notes"] == (["CLAP_MS: the clip has no caption."] if caption else [])
    assert ("(give each clip a caption)" in str(result["measures"]["CLAP_MS"])) == (not caption)


def test_weights_are_named_in_the_result_and_so_are_files_that_fit_as_well(
    folder, capsys, monkeypatch
) -> None:
    from kling_foley_core.evaluation.networks import finding

    ears = Path("ears.pth")
    ears.write_bytes(b"weights")
    monkeypatch.setattr(finding, "not_chosen", lambda folders, names: [f"two fit {name}" for name in names])
    monkeypatch.setattr(finding, "find_networks", lambda folders: dict.fromkeys(["yamnet", "passt"], ears))
    main(command(metrics=("KL_YAMNet",)))
    settings = json.loads(Path("out/result.json").read_text(encoding="utf-8"))["settings"]
    assert settings["networks"] == {"yamnet": finding.weights_of(ears)}, "those that were asked"
    assert "two fit yamnet" in capsys.readouterr().err


def test_a_damaged_file_of_a_network_is_told(folder, capsys) -> None:
    Path("judges").mkdir()
    Path("judges/CLAP_weights_2023.pth").write_bytes(b"cut")
    main(command("--networks", "judges", metrics=("CLAP_MS", "CLAP_LAION")))
    measures = json.loads(Path("out/result.json").read_text(encoding="utf-8"))["measures"]
    why = measures["CLAP_MS"]["left_out"].removeprefix("ms_clap is not there; get it. ")
    assert "judges/CLAP_weights_2023.pth" in why and why in capsys.readouterr().err
    assert measures["CLAP_LAION"]["left_out"] == "laion_clap is not there; get it."


def test_parts_and_workers_write_the_same_bytes(folder, capsys) -> None:
    main(command())
    whole = Path("out/result.json").read_bytes()
    for number in (1, 2):
        assert main(command("--part", f"{number}/2", "--output", "other", "--features", "kept")) == 0
    assert not Path("other/result.json").exists() and "without --part" in capsys.readouterr().out
    assert main(command("--output", "other", "--features", "kept")) == 1
    assert Path("other/result.json").read_bytes() == whole


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_a_run_that_is_killed_goes_on_and_gives_the_same_bytes(folder) -> None:
    asked = command(metrics=("signal",))
    main([*asked, "--output", "whole"])
    process = subprocess.Popen(
        [sys.executable, "-m", "kling_foley_core.cli", *asked],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    while not list(Path("out/features").rglob("*.json")):
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert main([*asked, "--workers", "2"]) == 1
    assert Path("out/result.json").read_bytes() == Path("whole/result.json").read_bytes()


@pytest.mark.parametrize(
    ("manifest", "more", "option"),
    [
        ("films", ["--output", "films/deep/out"], "--manifest films"),
        ("list.csv", ["--output", "true/out", "--reference", "true"], "--reference true"),
        ("films/vggsound.csv", ["--output", "films"], "--root films"),
        ("vggsound.csv", ["--output", "films/../films/out", "--root", "films"], "--root films"),
        ("list.csv", ["--output", "films/out"], ""),
        ("films", ["--output", "out"], ""),
    ],
)
def test_sounds_are_not_made_where_true_ones_are_looked_for(
    folder, monkeypatch, capsys, manifest, more, option
) -> None:
    Path("true").mkdir()
    Path("films/f0.mp4").rename("films/f0_000001.mp4")
    for name in ("vggsound.csv", "films/vggsound.csv"):
        Path(name).write_text("f0,1,a bell,test\n")
    monkeypatch.setattr(Plan, "run", lambda *work: None)
    given = ["evaluate", "clips", "--model", "small", "--device", "cpu", "--manifest", manifest]
    assert main([*given, *more]) == (2 if option else 0)
    told = capsys.readouterr().err
    assert (f"lies in {option}, where" in told) == bool(option)
    assert Path(more[1]).is_dir() == (not option or more[1] == "films"), "nothing was made"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--metrics", "FD_PANN"], 'There is no measure "FD_PANN". Is it FD_PANNs'),
        (["--metrics", "papers"], "Is it paper"),
        (["--manifest", "gone.csv"], "gone.csv isn't there"),
        (["--manifest", "empty"], "has no clip"),
        (["--pred", "others"], "none of its 1 sounds and films is called as a clip is"),
        (["--pred", "nowhere"], "--pred nowhere is no folder"),
        (["--reference", "nowhere"], "--reference nowhere is no folder"),
        (["--networks", "nowhere"], "--networks nowhere is no folder"),
        (["--output", "list.csv"], "--output 'list.csv'"),
        *((["--output", name], f"output '{name}/{name}' is a folder") for name in WRITTEN),
        (["--features", "list.csv"], "--features 'list.csv'"),
        (["--workers", "0"], "--workers 0: give 1 to 64"),
        (["--part", "3/2"], "--part 3/2"),
        (["--seconds", "nan"], "--seconds nan"),
        (["--columns", "film"], "--columns film: write NAME=VALUE"),
    ],
)
def test_what_is_wrong_with_the_whole_is_said_before_torch_is_loaded(folder, more, message) -> None:
    Path("empty").mkdir()
    sound(Path("others/x.wav"), 1)
    for name in WRITTEN:
        Path(name, name).mkdir(parents=True)
    script = (
        "import sys; from kling_foley_core.cli import main; print(main(sys.argv[1:]), 'torch' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, *command(), *more],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert run.stdout.split() == ["2", "False"], run.stderr
    assert message in run.stderr and not Path("out/result.json").exists()
