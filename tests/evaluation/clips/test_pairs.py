"""Sounds and clips are paired by name, whatever system wrote the files, and nothing is paired by chance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from judged_clips import clip

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.clips.clip import Clip
from kling_foley_core.evaluation.clips.pairs import pairs_of, with_references


def made(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def sound_of(one: Clip, pred: Path) -> str | None:
    (pair,) = pairs_of([one], pred, None)
    return pair.sound and pair.sound.relative_to(pred).as_posix()


def test_a_clips_id_comes_first_then_its_films_name(tmp_path) -> None:
    pred = made(tmp_path, "7.wav", "film.wav", "deep/8.mp4", "9.flac", "9.mp4", "readme.txt")
    assert sound_of(clip("7", "film.mp4", names=("film",)), pred) == "7.wav"
    assert sound_of(clip("77", "film.mp4", names=("film",)), pred) == "film.wav"
    assert sound_of(clip("8"), pred) == "deep/8.mp4", "a film brings its sound"
    assert sound_of(clip("9"), pred) == "9.flac", "a sound before a film of its name"


def test_a_path_below_the_folder_is_taken_exactly(tmp_path) -> None:
    pred = made(tmp_path, "a/1.wav", "b/1.wav", "2.wav", "c/2.wav")
    assert sound_of(clip("b/1"), pred) == "b/1.wav"
    assert sound_of(clip("2"), pred) == "2.wav", "the one whose whole path it is"
    pairs = pairs_of([clip("1"), clip("2")], pred, None)
    assert pairs[0].sound is None and "a/1.wav, b/1.wav are all called 1; leave one" in pairs[0].why


def test_no_clip_is_given_the_sound_of_another(tmp_path) -> None:
    def found(pred: Path, *clips: Clip) -> list[str | None]:
        pairs = pairs_of([*clips, clip("there")], made(pred, "there.wav"), pred)
        assert [pair.sound for pair in pairs] == [pair.reference for pair in pairs]
        return [pair.sound and pair.sound.relative_to(pred).as_posix() for pair in pairs[:-1]]

    a, b = (clip(f"{of}/001", f"{of}/001.mp4", names=("001",)) for of in "ab")
    pred = made(tmp_path / "folders", "a/001.wav")
    assert found(pred, a, b) == ["a/001.wav", None], "in another clip's folder"
    assert found(made(tmp_path / "else", "z/001.wav"), b) == [None], "in a folder that is not its own"
    assert found(pred, clip("001"), a) == [None, "a/001.wav"], "called as another clip"
    assert found(made(tmp_path / "bare", "001.wav"), b) == ["001.wav"]
    assert found(tmp_path / "bare", a, b) == [None, None], "of either film"
    assert found(tmp_path / "bare", clip("001", "x.mp4"), b) == ["001.wav", None], "its name is another's id"
    captions = [replace(b, id=name) for name in ("first", "second")]
    assert found(tmp_path / "bare", *captions) == ["001.wav"] * 2, "two captions of one film"


def test_what_batch_makes_of_an_odd_id_is_found(tmp_path) -> None:
    from kling_foley_core.files.output_name import output_name

    odd = 'a "b": c?'
    pred = made(tmp_path, output_name(odd, ".wav", set()).as_posix())
    assert sound_of(clip(odd), pred).startswith("a _b__ c_-")


def test_the_true_sound_is_the_films_own_unless_another_is_named(tmp_path) -> None:
    pred, true = made(tmp_path / "pred", "a.wav"), made(tmp_path / "true", "a.flac")
    film = clip("a", "a.mp4", start=2.5)
    (pair,) = pairs_of([film], pred, None)
    assert (pair.reference, pair.reference_start) == (Path("a.mp4"), 2.5)
    (pair,) = pairs_of([film], pred, true)
    assert (pair.reference, pair.reference_start) == (true / "a.flac", 0.0)
    (pair,) = pairs_of([replace(film, reference=Path("b.wav"))], pred, None)
    assert (pair.reference, pair.reference_start) == (Path("b.wav"), 0.0)
    (pair,) = pairs_of([replace(film, own_sound=False)], pred, None)
    assert pair.reference is None and not pair.notes, "there is none, and none is expected"
    _, pair = pairs_of([film, clip("b")], pred, true)
    assert pair.reference is None and pair.notes == (f"no reference: --reference {true} has no file b.*",)
    both = [film, clip("b", sound=Path("b.wav"))]
    assert pairs_of(both, None, None)[1].notes == ("no reference: list.csv line 2 names none.",)
    assert with_references(both, None)[1].notes == ("no reference: list.csv line 2 names none.",)
    with pytest.raises(
        InputError, match=r"--reference .* none of its 1 sounds and films is called as .*b\.\*"
    ):
        pairs_of([clip("b", "b.mp4")], made(tmp_path / "other", "b.wav"), true)


def test_clips_without_a_sound_are_listed_and_a_folder_without_any_is_refused(tmp_path) -> None:
    pred = made(tmp_path, "a.wav", "other.wav")
    _, pair = pairs_of([clip("a"), clip("b")], pred, None)
    assert pair.sound is None and pair.why == f"--pred {pred} has no file b.*"
    with pytest.raises(InputError, match=r"none of its 2 sounds and films is called as a clip is \(b.\*"):
        pairs_of([clip("b")], pred, None)
    with pytest.raises(InputError, match="--pred .*nowhere is no folder"):
        pairs_of([clip("a")], tmp_path / "nowhere", None)
    with pytest.raises(InputError, match="give --pred DIR, --model NAME, or a column sound"):
        pairs_of([clip("a")], None, None)
    named, _ = pairs_of([clip("a", sound=Path("s.wav")), clip("b")], None, None)
    assert named.sound == Path("s.wav")
