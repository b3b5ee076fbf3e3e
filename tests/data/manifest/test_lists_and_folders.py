"""Public lists by their published columns, and folders as trainers of LoRAs have them."""

from __future__ import annotations

import pytest
from manifest_files import made, reasons, written

from kling_foley_core.data.manifest import Manifest, read_manifest
from kling_foley_core.errors import InputError


def short(manifest: Manifest) -> list[tuple]:
    return [
        (c.id, c.video and c.video.name, c.audio and c.audio.name, c.caption, c.split) for c in manifest.clips
    ]


def test_vggsound(tmp_path) -> None:
    made(tmp_path, "video/---g-f_I2yQ_000001.mp4", "video/b_000130.mp4")
    path = written(
        tmp_path / "vggsound.csv",
        "---g-f_I2yQ,1,people marching,test",
        'b,130,"dog, barking",train',
        "gone,5,rain,train",
    )
    manifest = read_manifest(path, {})
    assert short(manifest) == [
        ("---g-f_I2yQ_000001", "---g-f_I2yQ_000001.mp4", None, "people marching", "held_out"),
        ("b_000130", "b_000130.mp4", None, "dog, barking", "train"),
    ]
    assert reasons(manifest) == {"gone_000005": "missing file"}
    assert manifest.notes == (f"{path} (VGGSound): 1 of its files aren't there, as is usual.",)


def test_audiocaps(tmp_path) -> None:
    made(tmp_path, "a_30.wav", "Yb.flac", "103.wav", "c_000010.mp4")
    path = written(
        tmp_path / "audiocaps_val.csv",
        "audiocap_id,youtube_id,start_time,caption",
        "101,a,30,rain",
        "102,b,0,wind",
        "103,x,0,sea",
        "104,c,10,fire",
        "105,c,soon,fire",
    )
    manifest = read_manifest(path, {})
    assert short(manifest) == [
        ("101", None, "a_30.wav", "rain", "held_out"),
        ("102", None, "Yb.flac", "wind", "held_out"),
        ("103", None, "103.wav", "sea", "held_out"),
        ("104", "c_000010.mp4", None, "fire", "held_out"),
    ]
    assert [r.reason for r in manifest.rejected] == ["bad value"]


def test_clotho_has_a_clip_for_each_caption(tmp_path) -> None:
    made(tmp_path / "sounds", "Rain on a roof.wav")
    path = written(
        tmp_path / "clotho_captions_development.csv",
        "file_name,caption_1,caption_2,caption_3,caption_4,caption_5",
        "Rain on a roof.wav,rain,rain falls,,drops,water",
    )
    manifest = read_manifest(path, {}, tmp_path / "sounds")
    assert [clip.caption for clip in manifest.clips] == ["rain", "rain falls", "drops", "water"]
    assert len({clip.id for clip in manifest.clips}) == 4
    assert {clip.split for clip in manifest.clips} == {"train"}


def test_kling_audio_eval_is_held_out(tmp_path) -> None:
    made(tmp_path, "1.mp4", "1.wav")
    path = written(
        tmp_path / "list.csv",
        "id,video,audio,film words,audio_caption,label_l1,label_l2,label_l3",
        "1,1.mp4,1.wav,a dog,barking,animals,dog,bark",
        "2,1.mp4,1.wav,a dog,,animals,dog,bark",
    )
    manifest = read_manifest(path, {"video_caption": "film words"})
    assert short(manifest) == [
        ("1", "1.mp4", "1.wav", "barking", "held_out"),
        ("2", "1.mp4", "1.wav", "a dog", "held_out"),
    ]
    assert not manifest.notes


def test_a_folder(tmp_path) -> None:
    made(
        tmp_path,
        "a.mp4",
        "music/b.FLAC",
        "deep/speech/c.ogg",
        "d.mov",
        "d.wav",
        "e.mp3",
        ".hidden.mp4",
        "x.jpg",
    )
    made(tmp_path, "a.txt", "music/b.txt", text="\ufeff a dog\n barks\n")
    manifest = read_manifest(tmp_path, {})
    found = {
        c.id: (c.video and c.video.name, c.audio and c.audio.name, c.caption, c.kind) for c in manifest.clips
    }
    assert found == {
        "a": ("a.mp4", None, "a dog barks", ""),
        "d": ("d.mov", "d.wav", "", ""),
        "e": (None, "e.mp3", "", ""),
        "music/b": (None, "b.FLAC", "a dog barks", "music"),
        "deep/speech/c": (None, "c.ogg", "", "speech"),
    }
    assert manifest.notes == (f"{tmp_path}: files that are no films, sounds or captions: 1 .jpg.",)
    assert "held_out" in {clip.split for clip in manifest.clips}


def test_bad_files_in_a_folder(tmp_path) -> None:
    made(tmp_path, "a.mp4", "b.mp4", "b.mkv", "c.txt", "d.wav", "e.wav")
    (tmp_path / "d.txt").write_bytes(b"caf\xe9")
    made(tmp_path, "e.txt", text="y" * 17_000)
    manifest = read_manifest(tmp_path, {})
    assert [clip.id for clip in manifest.clips] == ["a"]
    assert {r.id: r.reason for r in manifest.rejected} == {
        "b": "id used twice",
        "c": "missing file",
        "d": "not UTF-8",
        "e": "bad value",
    }


def test_folders_that_are_refused(tmp_path, monkeypatch) -> None:
    with pytest.raises(InputError, match="has no clips"):
        read_manifest(tmp_path, {})
    made(tmp_path, "a.mp4", "b.mp4")
    with pytest.raises(InputError, match="leave --columns and --root out"):
        read_manifest(tmp_path, {"video": "path"})
    monkeypatch.setattr("kling_foley_core.data.manifest.media_files.MAX_CLIP_FILES", 1)
    with pytest.raises(InputError, match="more than 1 files"):
        read_manifest(tmp_path, {})
