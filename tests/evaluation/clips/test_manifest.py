"""Lists of clips by their published columns, our own table, and a folder; nothing is lost without a word."""

from __future__ import annotations

import pytest
from manifest_files import made, reasons, written

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.clips.manifest import Manifest, read_clips


def short(manifest: Manifest) -> list[tuple]:
    return [
        (c.id, *(p and p.name for p in (c.film, c.sound, c.reference)), c.caption, c.scenario, c.labels)
        for c in manifest.clips
    ]


def test_vggsound_judges_its_test_split(tmp_path) -> None:
    made(tmp_path, "films/---g-f_I2yQ_000001.mp4", "films/b_000130.mp4", "sounds/---g-f_I2yQ_000001.wav")
    path = written(
        tmp_path / "vggsound.csv",
        "---g-f_I2yQ,1,people marching,test",
        'b,130,"dog, barking",train',
        "gone,5,rain,test",
    )
    manifest = read_clips(path, {})
    assert manifest.benchmark == "VGGSound"
    (clip,) = short(manifest)
    assert clip[:3] == ("---g-f_I2yQ_000001", "---g-f_I2yQ_000001.mp4", None)
    assert clip[3] is None, "its film's own sound is the true one, whatever else lies there"
    assert clip[4:] == ("people marching", "", ("people marching",))
    assert manifest.clips[0].own_sound
    assert reasons(manifest) == {"gone_000005": "missing file"}
    assert manifest.notes == (f"{path} (VGGSound): 1 rows are not of its test set.",)


def test_audiocaps_has_a_clip_for_each_caption(tmp_path) -> None:
    made(tmp_path, "a_30.wav", "Yb.flac")
    path = written(
        tmp_path / "test.csv",
        "audiocap_id,youtube_id,start_time,caption",
        "101,a,30,rain",
        "102,a,30,water falls",
        "103,b,0,wind",
        "104,c,soon,fire",
    )
    manifest = read_clips(path, {})
    assert short(manifest) == [
        ("101", None, None, "a_30.wav", "rain", "", ()),
        ("102", None, None, "a_30.wav", "water falls", "", ()),
        ("103", None, None, "Yb.flac", "wind", "", ()),
    ]
    assert "a_30" in manifest.clips[1].names, "one sound may be judged for several captions"
    assert list(reasons(manifest).values()) == ["bad value"]


def test_moviegen_has_no_true_sound(tmp_path) -> None:
    made(tmp_path, "video_with_audio/0.mp4", "video_with_audio/1.mp4", "video_with_audio/0.wav")
    path = written(
        tmp_path / "MovieGenAudioBenchSfx.jsonl",
        '{"id": 0, "video_prompt": "An apple is bitten.", "audio_prompt": "juicy crunches"}',
        '{"id": 1, "video_prompt": "A fork.", "audio_prompt": "soft scraping"}',
    )
    manifest = read_clips(path, {})
    assert short(manifest) == [
        ("0", "0.mp4", None, None, "juicy crunches", "", ()),
        ("1", "1.mp4", None, None, "soft scraping", "", ()),
    ]
    assert not any(clip.own_sound for clip in manifest.clips)
    music = written(
        tmp_path / "MovieGenAudioBenchSfxMusic.jsonl",
        '{"id": 0, "video_prompt": "a", "audio_prompt": "b", "music_prompt": "c"}',
    )
    assert read_clips(music, {}).benchmark == "MovieGen-Audio-Bench"


def test_kling_audio_eval_has_scenarios_and_three_levels_of_labels(tmp_path) -> None:
    made(tmp_path, "1.mp4", "1.wav", "2.mp4")
    path = written(
        tmp_path / "list.csv",
        "id,video,audio,film words,audio_caption,label_l1,label_l2,label_l3",
        "1,1.mp4,1.wav,a dog,barking,animals,dog,bark",
        "2,2.mp4,,a dog,,animals,dog,",
    )
    manifest = read_clips(path, {"video_caption": "film words"})
    assert short(manifest) == [
        ("1", "1.mp4", None, "1.wav", "barking", "animals", ("animals", "dog", "bark")),
        ("2", "2.mp4", None, None, "a dog", "animals", ("animals", "dog")),
    ]
    path = written(tmp_path / "ids.csv", "id,video_caption,audio_caption", "2,a dog,it barks")
    assert short(read_clips(path, {})) == [("2", "2.mp4", None, None, "it barks", "", ())]


def test_our_own_table(tmp_path) -> None:
    made(tmp_path, "a.mp4", "b.mp4", "a.wav", "true.wav")
    path = written(
        tmp_path / "mine.csv",
        "id;film;sound;reference;caption;scenario;labels;start;seconds;note",
        'x;a.mp4;a.wav;true.wav;a dog;Animals;"Animals; Dog";1.5;3;?',
        ";b.mp4;;;;;;;;",
        ";b.mp4;;;;;;2;;",
    )
    manifest = read_clips(path, {})
    assert short(manifest) == [
        ("x", "a.mp4", "a.wav", "true.wav", "a dog", "Animals", ("Animals", "Dog")),
        ("b", "b.mp4", None, None, "", "", ()),
        ("b 2", "b.mp4", None, None, "", "", ()),
    ]
    first = manifest.clips[0]
    assert (first.start, first.seconds, first.own_sound) == (1.5, 3.0, True)
    assert "nothing is read from note" in manifest.notes[0]
    to_train = written(tmp_path / "train.jsonl", '{"video": "a.mp4", "audio": "a.wav", "labels": ["x", "y"]}')
    assert short(read_clips(to_train, {})) == [("a", "a.mp4", None, "a.wav", "", "", ("x", "y"))]


def test_what_is_wrong_with_a_row_leaves_the_others(tmp_path) -> None:
    made(tmp_path, "a.mp4")
    path = written(
        tmp_path / "mine.csv",
        "id,film,start,seconds,labels",
        "good,a.mp4,,,",
        "good,a.mp4,,,",
        "gone,b.mp4,,,",
        "early,a.mp4,-1,,",
        "empty,a.mp4,,0,",
        'odd,a.mp4,,,"[1, {}]"',
        "none,,,,",
        "short,a.mp4",
    )
    manifest = read_clips(path, {})
    assert [clip.id for clip in manifest.clips] == ["good"]
    assert reasons(manifest) == {
        "good (mine.csv line 3)": "id used twice",
        "gone": "missing file",
        "early": "bad time",
        "empty": "bad time",
        "odd": "bad value",
        "none": "no file",
        "mine.csv line 9": "unreadable row",
    }
    twice = next(row for row in manifest.rejected if row.reason == "id used twice")
    assert twice.why == "mine.csv line 3: mine.csv line 2 has the id good too; rename one."


@pytest.mark.parametrize(
    ("header", "columns", "message"),
    [
        (
            "id,path",
            {},
            r"none of the columns film, sound, reference \(it has id, path\).*--columns film=NAME",
        ),
        ("audiocap_id,youtube_id,caption", {}, "It may be AudioCaps, whose start_time it lacks"),
        ("id,video_prompt,prompt", {}, "It may be MovieGen-Audio-Bench, whose audio_prompt it lacks"),
        ("id,path", {"film": "file"}, "--columns film=file: .* has no column file; it has id, path"),
        ("id,path", {"movie": "path"}, "there is no column movie; choose id, film"),
    ],
)
def test_columns_that_are_missing_are_named(tmp_path, header, columns, message) -> None:
    path = written(tmp_path / "mine.csv", header, ",".join("x" * (header.count(",") + 1)))
    with pytest.raises(InputError, match=message):
        read_clips(path, columns)


def test_a_folder_of_films(tmp_path) -> None:
    made(tmp_path, "a.mp4", "Animals/b.mov", "Animals/Dogs/c.mkv", "Animals/b.wav", "rain.flac", "x.jpg")
    made(tmp_path, "a.txt", text="a dog\n barks\n")
    manifest = read_clips(tmp_path, {})
    assert sorted(short(manifest)) == [
        ("Animals/Dogs/c", "c.mkv", None, None, "", "Animals/Dogs", ("Animals", "Dogs")),
        ("Animals/b", "b.mov", None, "b.wav", "", "Animals", ("Animals",)),
        ("a", "a.mp4", None, None, "a dog barks", "", ()),
        ("rain", None, None, "rain.flac", "", "", ()),
    ]
    assert "1 .jpg" in manifest.notes[0]


def test_manifests_that_are_refused(tmp_path) -> None:
    for name, message in (("gone.csv", "isn't there"), ("x.mp4", "no table by its name")):
        made(tmp_path, "x.mp4")
        with pytest.raises(InputError, match=message):
            read_clips(tmp_path / name, {})
    path = written(tmp_path / "mine.csv", "id,film", "a,gone.mp4")
    with pytest.raises(
        InputError, match=r"no clip to judge among its 1 rows. The first row: mine.csv line 2"
    ):
        read_clips(path, {})
    with pytest.raises(InputError, match="--root .* is no folder"):
        read_clips(path, {}, tmp_path / "nowhere")
    with pytest.raises(InputError, match="leave --columns and --root out"):
        read_clips(tmp_path, {}, tmp_path)


def test_text_that_is_no_unicode_is_told_with_its_row(tmp_path) -> None:
    made(tmp_path, "a.wav", "b.wav")
    path = written(
        tmp_path / "list.jsonl",
        '{"sound": "a.wav", "caption": "dog \\ud83d"}',
        '{"sound": "b.wav", "id": "\\udce9"}',
        '{"sound": "b.wav", "caption": "dog \\ud83d\\udc15"}',
    )
    manifest = read_clips(path, {})
    assert [clip.caption for clip in manifest.clips] == ["dog \U0001f415"]
    told = [row.why for row in manifest.rejected]
    assert all(text.endswith("is no text in Unicode; correct it.") for text in told) and len(told) == 2
    assert told[0].startswith("list.jsonl line 1: caption = 'dog \\ud83d'"), told
