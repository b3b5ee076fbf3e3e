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
        (("--keep-takes",), "--keep-takes: no takes are ranked; say --best-of 4 too"),
        (("--keep-takes", "--takes", 2), "--keep-takes: no takes are ranked; say --best-of 4 too"),
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


def test_all_takes_are_written_as_each_alone_would_be(clip, tmp_path, capsys, monkeypatch) -> None:
    """The film is encoded once, also where nothing is kept on disk."""
    from kling_foley_core.generation import pipeline as module

    reads, read = [], module.read_slots
    monkeypatch.setattr(module, "read_slots", lambda *a, **k: reads.append(1) or read(*a, **k))
    out = tmp_path / "out.wav"
    options = ("--prompt", "a click", "--stereo", "follow")
    assert run(clip, *options, "--seed", 5, "--takes", 3, "--no-cache", "--output", out) == 0
    assert len(reads) == 1 and not out.exists()
    assert re.findall(r"out\.seed(\d)\.wav: 52920 samples", capsys.readouterr().out) == ["5", "6", "7"]
    made = {seed: (tmp_path / f"out.seed{seed}.wav").read_bytes() for seed in (5, 6, 7)}
    assert len(set(made.values())) == 3
    for seed in (5, 7):
        assert run(clip, *options, "--seed", seed, "--output", out) == 0
        assert out.read_bytes() == made[seed]


def test_takes_of_words_alone_and_under_a_picture(clip, tmp_path) -> None:
    assert run("--prompt", "rain", "--seconds", 1, "--takes", 2, "--output", tmp_path / "rain.flac") == 0
    assert run(clip, "--takes", 2, "--stems", tmp_path / "stems", "--output", tmp_path / "film.mp4") == 0
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert names == {
        "in.mp4",
        *(f"rain.seed{seed}.flac" for seed in (0, 1)),
        *(f"film.seed{seed}.mp4" for seed in (0, 1)),
        *(f"stems/film.seed{seed}.generated.wav" for seed in (0, 1)),
    }


def test_takes_of_an_edited_sound(clip, tmp_path) -> None:
    sound = tmp_path / "first.wav"
    assert run(clip, "--output", sound) == 0
    assert (
        run(clip, "--from", sound, "--replace", "0.5-1", "--takes", 2, "--output", tmp_path / "new.wav") == 0
    )
    (first, _), *others = (
        load_audio(p) for p in (sound, tmp_path / "new.seed0.wav", tmp_path / "new.seed1.wav")
    )
    for made, rate in others:
        assert (made - first)[:, : round(0.4 * rate)].abs().max() < 1e-4
    assert (others[0][0] - others[1][0]).abs().max() > 1e-3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--takes", 0), "--takes 0: give 1 to 64 takes"),
        (("--takes", 65), "--takes 65: give 1 to 64 takes"),
        (("--takes", 2, "--best-of", 3), "--takes 2 and --best-of 3: give one of them"),
        (("--takes", 2, "--from", "{}/out.seed1.wav"), "out.seed1.wav' would be written over"),
        (("--takes", 2, "--stems", "{}/taken"), "out.seed1.generated.wav' is a folder"),
    ],
)
def test_takes_that_cannot_be_written_are_refused_before_the_work(
    clip, tmp_path, capsys, options, said
) -> None:
    (tmp_path / "taken" / "out.seed1.generated.wav").mkdir(parents=True)
    assert run(clip, "--output", tmp_path / "out.seed1.wav") == 0
    capsys.readouterr()
    options = [str(option).format(tmp_path) for option in options]
    assert run(clip, *options, "--output", tmp_path / "out.wav") == 2
    error = capsys.readouterr().err
    assert said in error and "sampling" not in error


def test_a_film_is_not_written_over_by_its_take(clip, tmp_path, capsys) -> None:
    film = clip.rename(tmp_path / "in.seed1.mp4")
    before = film.read_bytes()
    assert run(film, "--takes", 2, "--output", tmp_path / "in.mp4") == 2
    assert "in.seed1.mp4' would be written over and is the video" in capsys.readouterr().err
    assert film.read_bytes() == before
