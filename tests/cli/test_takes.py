"""`kling-foley generate --best-of`: the best of several takes, each of them known by its seed."""

from __future__ import annotations

import re

import pytest
from clips import write_clip

from kling_foley_core.cli import main
from kling_foley_core.media import load_audio


@pytest.fixture
def clip(tmp_path):
    return write_clip(tmp_path / "in.mp4", 1.2)


def run(*arguments: object) -> int:
    return main([str(a) for a in ("generate", *arguments, "--steps", 2)])


def test_the_best_take_is_kept_and_made_again_by_its_seed_alone(clip, tmp_path, capsys) -> None:
    out = tmp_path / "out.wav"
    assert run(clip, "--seed", 5, "--best-of", 3, "--keep-takes", "--output", out) == 0
    printed = capsys.readouterr().out
    rows = re.findall(r"^ +(\d+) +(\d\.\d{3}) +(\d+)$", printed, re.M)
    assert sorted(int(seed) for seed, *_ in rows) == [5, 6, 7]
    assert [float(score) for _, score, _ in rows] == sorted((float(r[1]) for r in rows), reverse=True)
    best, rate = load_audio(out)
    assert rate == 44100 and best.shape == (2, 52920)
    for seed, *_ in rows:
        kept, _ = load_audio(tmp_path / f"out.seed{seed}.wav")
        assert run(clip, "--seed", seed, "--output", tmp_path / "alone.wav") == 0
        alone, _ = load_audio(tmp_path / "alone.wav")
        assert (kept - alone).abs().max() < 1e-3, seed
        assert ((best - kept).abs().max() < 1e-6) == (seed == rows[0][0])


def test_takes_are_kept_only_where_asked_for(clip, tmp_path) -> None:
    assert run(clip, "--best-of", 2, "--output", tmp_path / "out.mkv") == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.mp4", "out.mkv"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--best-of", 0), "--best-of 0: give 1 to 64 takes"),
        (("--best-of", 65), "--best-of 65: give 1 to 64 takes"),
        (("--keep-takes",), "--keep-takes: there is one take only"),
    ],
)
def test_takes_that_cannot_be_made_are_refused(clip, tmp_path, capsys, options, said) -> None:
    assert run(clip, *options, "--output", tmp_path / "out.wav") == 2
    assert said in capsys.readouterr().err and not (tmp_path / "out.wav").exists()


def test_without_a_video_there_is_nothing_to_rank_by(tmp_path, capsys) -> None:
    options = ("--prompt", "rain", "--seconds", 1, "--best-of", 2)
    assert run(*options, "--output", tmp_path / "out.wav") == 2
    assert "takes are ranked by what moves in a video, and none is given" in capsys.readouterr().err


def test_takes_follow_the_picture_too(clip, tmp_path) -> None:
    assert run(clip, "--best-of", 2, "--stereo", "follow", "--output", tmp_path / "out.wav") == 0


def test_takes_are_of_films_that_are_held_at_once(clip, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr("kling_foley_core.cli.takes.MAX_HELD_SECONDS", 1)
    assert run(clip, "--best-of", 2, "--output", tmp_path / "out.wav") == 2
    assert "takes of at most 1 s are ranked" in capsys.readouterr().err
