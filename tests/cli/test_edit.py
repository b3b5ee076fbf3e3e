"""`kling-foley generate` from an existing sound: parts of it anew, more behind its end, variations."""

from __future__ import annotations

import pytest
import torch
from clips import write_clip
from mix_tones import noise

from kling_foley_core.cli import main
from kling_foley_core.media import load_audio, mux, save_audio

SECONDS, RATE = 1.2, 48000
FADE = round(0.03 * RATE)


@pytest.fixture
def folder(tmp_path):
    """film.mkv has a sound of its own (FLAC: exact to the sample), silent.mp4 has none; whole.wav and
    out.seed2.wav are as long, half.wav is shorter, mono at 44.1 kHz."""
    clip = write_clip(tmp_path / "silent.mp4", SECONDS)
    mux(clip, noise(SECONDS, RATE, seed=1), RATE, tmp_path / "film.mkv")
    save_audio(tmp_path / "whole.wav", noise(SECONDS, RATE, seed=2), RATE)
    save_audio(tmp_path / "out.seed2.wav", noise(SECONDS, RATE, seed=4), RATE)
    save_audio(tmp_path / "half.wav", noise(0.7, 44100, channels=1, seed=3), 44100)
    return tmp_path


def run(*arguments: object) -> int:
    return main([str(a) for a in ("generate", *arguments, "--steps", 1)])


def test_seconds_of_the_films_own_sound_are_made_anew(folder, capsys) -> None:
    out = folder / "out.mkv"
    assert run(folder / "film.mkv", "--replace", "0.4-0.6", "--replace", "0.9-1", "--output", out) == 0
    assert "57600 samples, 1.200 s, 2 channels, 48000 Hz" in capsys.readouterr().out
    (own, _), (sound, rate) = load_audio(folder / "film.mkv"), load_audio(out)
    assert rate == RATE and sound.shape == own.shape
    changed = (sound != own).any(0).nonzero().flatten() / RATE
    for begin, end in ((0.4, 0.6), (0.9, 1.0)):
        assert ((changed > begin) & (changed < end)).sum() > 0.9 * (end - begin) * RATE
    outside = [(0, 0.37), (0.63, 0.87), (1.03, 1.2)]
    assert not any(((changed >= a) & (changed < b)).any() for a, b in outside)


def test_a_sound_file_is_repaired_under_a_silent_film(folder) -> None:
    out = folder / "out.wav"
    assert (
        run(folder / "silent.mp4", "--from", folder / "whole.wav", "--replace", "0-0.5", "--output", out) == 0
    )
    (kept, _), (sound, rate) = load_audio(folder / "whole.wav"), load_audio(out)
    assert rate == RATE and torch.equal(sound[:, RATE // 2 + FADE :], kept[:, RATE // 2 + FADE :])


def test_a_window_of_the_films_own_sound(folder) -> None:
    out = folder / "out.wav"
    window = ("--start", 0.2, "--seconds", 0.9)
    assert run(folder / "film.mkv", *window, "--replace", "0-0.3", "--output", out) == 0
    own, _ = load_audio(folder / "film.mkv", start=0.2, seconds=0.9)
    kept = round(0.33 * RATE)
    assert torch.equal(load_audio(out)[0][:, kept:], own[:, kept:])


@pytest.mark.parametrize("film", [True, False])
def test_a_sound_is_extended(folder, film) -> None:
    out = folder / ("out.mkv" if film else "out.flac")
    video = [folder / "silent.mp4"] if film else ["--prompt", "rain"]
    assert run(*video, "--from", folder / "half.wav", "--extend", 0.3, "--output", out) == 0
    (kept, _), (sound, rate) = load_audio(folder / "half.wav"), load_audio(out)
    assert rate == 44100 and sound.shape == (1, 44100)
    assert torch.equal(sound[:, : 30870 - 1323], kept[:, : 30870 - 1323]) and sound[:, 30870:].std() > 0


def test_a_sound_is_varied_at_the_models_rate(folder) -> None:
    made = []
    for name, options in (("a", ()), ("b", ("--strength", 0.6)), ("c", ("--strength", 0.2))):
        out = folder / f"{name}.wav"
        assert run("--from", folder / "whole.wav", *options, "--output", out) == 0
        sound, rate = load_audio(out)
        assert rate == 44100 and sound.shape == (2, 52920)
        made.append(sound)
    assert torch.equal(made[0], made[1]) and not torch.equal(made[0], made[2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["film.mkv", "--replace", "3"], "'3': give seconds from and to, such as 3-5.5"),
        (["film.mkv", "--fade", "x"], "--fade: 'x': give seconds in and out"),
        (["film.mkv", "--replace", "1-0.5"], "replace 1-0.5: give the seconds it begins"),
        (
            ["film.mkv", "--replace", "0.2-0.5", "--replace", "0.4-0.6"],
            "replace 0.4-0.6: it overlaps 0.2-0.5",
        ),
        (["film.mkv", "--replace", "1-2"], "replace 1-2: the sound has 1.200 s"),
        (["silent.mp4", "--replace", "0-1"], "no sound track"),
        (["--replace", "0-1"], "there is neither a video nor a sound"),
        (["film.mkv", "--strength", "0.5"], "--strength 0.5: say which sound; add --from SOUND"),
        (["film.mkv", "--extend", "0.5"], "--extend 0.5: say which sound"),
        (
            ["film.mkv", "--from", "film.mkv", "--extend", "0.5"],
            "the film's own sound is as long as the film",
        ),
        (["film.mkv", "--from", "half.wav"], "the sound has 0.700 s, the film 1.200 s"),
        (
            ["film.mkv", "--from", "half.wav", "--extend", "2"],
            "extend = 2: the sound has 0.700 s and the film",
        ),
        (["film.mkv", "--from", "whole.wav", "--strength", "1.5"], "strength = 1.5"),
        (["film.mkv", "--from", "nowhere.wav"], "nowhere.wav"),
        (
            ["film.mkv", "--replace", "0-1", "--own-sound", "mix"],
            "--own-sound mix: what is made is the film's",
        ),
        (
            ["--from", "half.wav", "--replace", "0-0.2", "--places", "0:1"],
            "--places 0:1: the sound to edit has one",
        ),
        (
            ["silent.mp4", "--from", "half.wav", "--extend", "0.5", "--stereo", "follow"],
            "--stereo follow: the sound to edit has one",
        ),
        (
            ["silent.mp4", "--from", "out.seed2.wav", "--best-of", "3", "--keep-takes"],
            "out.seed2.wav' would be written over",
        ),
        (["--from", "half.wav", "--seconds", "3"], "seconds = 3: the edited sound's length, 0.700 s"),
    ],
)
def test_bad_input_is_named_before_the_work(folder, capsys, arguments, message) -> None:
    given = [folder / a if a.endswith((".mkv", ".mp4", ".wav")) else a for a in arguments]
    try:
        code = run(*given, "--output", folder / "out.wav")
    except SystemExit as ended:
        code = ended.code
    error = capsys.readouterr().err
    assert code == 2 and message in error and "sampling" not in error
    assert not (folder / "out.wav").exists()


def test_a_file_that_cannot_have_the_sounds_rate_is_refused_before_the_work(folder, capsys) -> None:
    save_audio(folder / "fine.wav", noise(1, 96000), 96000)
    assert run("--from", folder / "fine.wav", "--replace", "0.1-0.5", "--output", folder / "out.mp3") == 2
    error = capsys.readouterr().err
    assert "rate = 96000: .mp3 takes" in error and "sampling" not in error


def test_the_sound_to_edit_is_not_written_over(folder, capsys) -> None:
    before = (folder / "whole.wav").read_bytes()
    assert run("--from", folder / "whole.wav", "--replace", "0-1", "--output", folder / "whole.wav") == 2
    assert "whole.wav' would be written over" in capsys.readouterr().err
    assert (folder / "whole.wav").read_bytes() == before
