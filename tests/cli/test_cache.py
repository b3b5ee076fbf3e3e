"""A second run of the command encodes nothing, makes the same file, and can be told to keep nothing."""

from __future__ import annotations

import shutil

import pytest
from clips import write_clip

from kling_foley_core.cli import main


@pytest.fixture
def clip(tmp_path):
    return write_clip(tmp_path / "in.mp4")


def run(*arguments: object) -> int:
    return main([str(a) for a in (*arguments, "--steps", 1)])


def generate(clip, out, *options: object) -> bytes:
    assert run("generate", clip, "--prompt", "rain", *options, "--output", out) == 0
    return out.read_bytes()


ENCODED = ("read video", "visual features", "sync features")


def test_a_second_take_encodes_nothing_and_is_the_same(clip, tmp_path, capsys) -> None:
    out = tmp_path / "out.wav"
    first, said = generate(clip, out), capsys.readouterr().err
    assert all(stage in said for stage in ENCODED)
    second, said = generate(clip, out), capsys.readouterr().err
    assert not any(stage in said for stage in ENCODED) and "sampling" in said
    plain, said = generate(clip, out, "--no-cache"), capsys.readouterr().err
    assert all(stage in said for stage in ENCODED)
    assert first == second == plain


def test_nothing_is_kept_where_it_is_not_wanted(clip, tmp_path, cache_of_the_test) -> None:
    generate(clip, tmp_path / "out.wav", "--no-cache")
    assert not cache_of_the_test.exists()
    generate(clip, tmp_path / "out.wav")
    assert len(list(cache_of_the_test.glob("*.safetensors"))) == 3, "visual, sync, text"


def test_a_folder_that_cannot_be_written_is_a_remark(clip, tmp_path, caplog, monkeypatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("KLING_FOLEY_CACHE", str(tmp_path / "file"))
    generate(clip, tmp_path / "out.wav")
    assert caplog.text.count("features are not kept in") == 1


def test_a_batch_finds_what_was_encoded_before(clip, tmp_path, capsys) -> None:
    films = tmp_path / "films"
    films.mkdir()
    for name in ("a.mp4", "b.mp4"):
        shutil.copy(clip, films / name)
    generate(clip, tmp_path / "out.wav")
    capsys.readouterr()
    assert run("batch", films, "--out", tmp_path / "made", "--format", "wav") == 0
    assert not any(stage in capsys.readouterr().err for stage in ENCODED)
    assert run("batch", films, "--out", tmp_path / "made", "--format", "wav", "--no-cache") == 0
    assert "2 of 2 clips are done already" in capsys.readouterr().out, "the sounds would be the same"
