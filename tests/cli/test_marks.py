"""`kling-foley generate` labels what it writes, unless told not to, and `inspect` finds it."""

from __future__ import annotations

import pytest
from clips import write_clip
from mix_tones import sine

from kling_foley_core.cli import main
from kling_foley_core.marks.inspection import labels_of
from kling_foley_core.media import mux

WHOLE, IN_PART = "/trainedAlgorithmicMedia", "/compositeWithTrainedAlgorithmicMedia"


@pytest.fixture
def film(tmp_path):
    clip = write_clip(tmp_path / "silent.mp4", 1.2)
    mux(clip, sine(-20, 1.2, 48000, 440), 48000, tmp_path / "in.mkv")
    return tmp_path / "in.mkv"


def run(*arguments: object) -> int:
    return main([str(a) for a in ("generate", *arguments, "--steps", 1)])


def test_sounds_and_films_say_what_made_them_unless_told_not_to(film, tmp_path, capsys):
    for options, name, end in [
        (("--prompt", "rain", "--seconds", 1), "a.wav", WHOLE),
        ((film,), "b.flac", WHOLE),
        ((film,), "c.mkv", IN_PART),
        ((film, "--own-sound", "mix"), "d.wav", IN_PART),
    ]:
        assert run(*options, "--output", tmp_path / name) == 0
        (text,) = labels_of(tmp_path / name)
        assert "Kling-Foley, model small." in text and text.endswith(end)
        assert run(*options, "--output", tmp_path / name, "--no-label") == 0
        assert labels_of(tmp_path / name) == []
    assert run(film, "--output", tmp_path / "e.mp4") == 0
    capsys.readouterr()
    assert main(["inspect", str(tmp_path / "e.mp4"), str(tmp_path / "d.wav")]) == 0
    printed = capsys.readouterr().out
    assert "film with sound" in printed and IN_PART in printed and "label" in printed and "none" in printed


def test_a_kept_sound_is_no_generated_one_but_its_stem_is(film, tmp_path):
    assert run(film, "--output", tmp_path / "a.mkv", "--own-sound", "keep", "--stems", tmp_path) == 0
    assert labels_of(tmp_path / "a.mkv") == labels_of(tmp_path / "a.own.wav") == []
    (text,) = labels_of(tmp_path / "a.generated.wav")
    assert text.endswith(WHOLE)


def test_the_watermark_is_put_in_where_asked_for_and_found(tmp_path, capsys):
    text = ("--prompt", "heavy rain", "--seconds", 4)
    for options, name in (
        ((), "a.wav"),
        (("--watermark",), "b.mp3"),
        (("--watermark", "--gain", -6), "c.wav"),
    ):
        assert run(*text, *options, "--output", tmp_path / name) == 0
    capsys.readouterr()
    assert main(["inspect", *(str(tmp_path / name) for name in ("a.wav", "b.mp3", "c.wav"))]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("watermark")]
    assert ["none" in line for line in lines] == [True, False, False]


def test_inspect_still_tells_model_files_and_refuses_others(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("no media")
    assert main(["inspect", str(tmp_path / "a.txt")]) == 2
    assert "neither safetensors nor a torch file" in capsys.readouterr().err
