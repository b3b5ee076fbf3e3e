"""Tables of clips: what is read, and that every row which isn't says why."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from manifest_files import reasons, written

from kling_foley_core.data.manifest import Clip, Label, read_manifest
from kling_foley_core.errors import InputError


@pytest.fixture
def folder(tmp_path) -> Path:
    for name in ("a.mp4", "b.mp4", "c.wav"):
        (tmp_path / name).write_bytes(b"media")
    return tmp_path


def table(folder: Path, *lines: str, name: str = "clips.csv") -> Path:
    return written(folder / name, *lines)


def test_every_column(folder) -> None:
    labels = '"[[""bark"", 0.5, 1], {""name"": ""rain"", ""start"": 0, ""end"": 2.5}]"'
    path = table(
        folder,
        "id,video,audio,caption,start,seconds,split,licence,kind,labels",
        f'one,a.mp4,c.wav,"  a dog,\tbarks ",1.5,2.5,val,CC0,effects,{labels}',
    )
    assert read_manifest(path, {}).clips == (
        Clip(
            id="one",
            video=folder / "a.mp4",
            audio=folder / "c.wav",
            caption="a dog, barks",
            start=1.5,
            seconds=2.5,
            split="held_out",
            licence="CC0",
            kind="effects",
            labels=(Label("bark", 0.5, 1), Label("rain", 0, 2.5)),
            place="clips.csv line 2",
        ),
    )


def test_csv_tsv_and_json_lines_say_the_same(folder) -> None:
    rows = [{"id": "x", "video": "a.mp4", "caption": "rain; wind", "start": 2}, {"id": "y", "audio": "c.wav"}]
    tables = [
        table(folder, "id,video,audio,caption,start", 'x,a.mp4,,"rain; wind",2', "", "y,,c.wav,,"),
        table(folder, "id;video;audio;caption;start", 'x;a.mp4;;"rain; wind";2', "y;;c.wav;;", name="s.csv"),
        table(
            folder,
            *(
                "\t".join(r)
                for r in (
                    ["id", "video", "audio", "caption", "start"],
                    ["x", "a.mp4", "", "rain; wind", "2"],
                    ["y", "", "c.wav", "", ""],
                )
            ),
            name="t.tsv",
        ),
        table(folder, *map(json.dumps, rows), name="j.jsonl"),
    ]
    found = [
        [(c.id, c.video, c.audio, c.caption, c.start, c.split) for c in read_manifest(t, {}).clips]
        for t in tables
    ]
    assert found[0][0][3] == "rain; wind"
    assert all(clips == found[0] for clips in found)


def test_pairs(folder) -> None:
    path = table(folder, "video,audio,caption", "a.mp4,,rain", "b.mp4,,", ",c.wav,rain")
    clips = read_manifest(path, {}).clips
    assert [clip.pair for clip in clips] == ["video + text", "video", "sound + text"]
    assert [clip.id for clip in clips] == ["a", "b", "c"]  # from the files' names


def test_columns_and_root(folder) -> None:
    (folder / "lists").mkdir()
    path = table(folder, "path,text,fps,license", "a.mp4,rain,25,CC0", name="lists/clips.csv")
    manifest = read_manifest(path, {"video": "path", "caption": "text"}, folder)
    (clip,) = manifest.clips
    assert (clip.video, clip.caption, clip.licence) == (folder / "a.mp4", "rain", "CC0")
    assert manifest.notes == (f"{path}: nothing is read from fps; --columns OURS=THEIRS maps columns.",)


def test_a_column_that_another_takes_the_name_of(folder) -> None:
    path = table(folder, "video,caption,short", "a.mp4,long words,rain")
    manifest = read_manifest(path, {"caption": "short"})
    assert manifest.clips[0].caption == "rain"
    assert "nothing is read from caption" in manifest.notes[0]


@pytest.mark.parametrize(
    "row, reason, said",
    [
        ("x,gone.mp4,,,,", "missing file", "gone.mp4 isn't there"),
        ("x,,,,,", "no file", "neither a video nor an audio"),
        ("x,a.mp4,,-1,,", "bad time", "start = -1; give 0 or more"),
        ("x,a.mp4,,,0,", "bad time", "seconds = 0; give more than 0"),
        ("x,a.mp4,,nan,,", "bad time", "start = 'nan'"),
        ("x,a.mp4,,,inf,", "bad time", "seconds = 'inf'"),
        ("x,a.mp4,,,soon,", "bad time", "seconds = 'soon'"),
        ("x,a.mp4,,,", "unreadable row", "5 cells and the header 6"),
        ('x,a.mp4,"rain,,,', "unreadable row", "unexpected end"),
        ("x,a.mp4,,,,maybe", "bad value", "split = 'maybe'; choose train"),
        (f"x,a.mp4,{'y' * 4001},,,", "bad value", "caption has 4001 characters"),
        ("ok,a.mp4,,,,", "id used twice", "clips.csv line 2 has the id ok too"),
        ("x,a\0.mp4,,,,", None, None),
    ],
)
def test_bad_rows_are_told_by_their_line(folder, row, reason, said) -> None:
    path = table(folder, "id,video,caption,start,seconds,split", "ok,b.mp4,,,,", row)
    manifest = read_manifest(path, {})
    assert [clip.id for clip in manifest.clips] == ["ok"]
    (rejected,) = manifest.rejected
    assert rejected.why.startswith("clips.csv line 3") and rejected.why.endswith(".")
    assert reason is None or (rejected.reason == reason and said in rejected.why)


@pytest.mark.parametrize(
    "line, reason",
    [
        ("{", "unreadable row"),
        ("[1]", "unreadable row"),
        ("[" * 100_000, "unreadable row"),
        ('{"video": 3}', "bad value"),
        ('{"video": "a.mp4", "caption": ["rain"]}', "bad value"),
        ('{"video": "a.mp4", "start": true}', "bad time"),
        ('{"video": "a.mp4", "labels": [["bark", 2, 1]]}', "bad value"),
        ('{"video": "a.mp4", "labels": [["bark", 2]]}', "bad value"),
        ('{"video": "a.mp4", "labels": "no"}', "bad value"),
        ('{"video": "a.mp4", "kind": "noise"}', "bad value"),
        ('{"video": "a\\u0000.mp4"}', "bad value"),
        ('{"video": "%s.mp4"}' % ("a" * 5000), "missing file"),
    ],
)
def test_bad_lines_of_json(folder, line, reason) -> None:
    manifest = read_manifest(table(folder, '{"video": "b.mp4"}', line, name="clips.jsonl"), {})
    assert [rejected.reason for rejected in manifest.rejected] == [reason]
    assert "clips.jsonl line 2" in manifest.rejected[0].why


def test_bytes_that_are_no_utf8(folder) -> None:
    path = folder / "clips.csv"
    path.write_bytes("\ufeffid,video,caption\nx,a.mp4,caf\u00e9\n".encode() + b"y,b.mp4,caf\xe9\n")
    manifest = read_manifest(path, {})
    assert [clip.caption for clip in manifest.clips] == ["caf\u00e9"]
    assert reasons(manifest) == {"clips.csv line 3": "not UTF-8"}
    path.write_bytes("id,video\nx,a.mp4\n".encode("utf-16"))
    with pytest.raises(InputError, match="save it as UTF-8"):
        read_manifest(path, {})


def test_missing_files_are_named_at_once(folder) -> None:
    rows = [f"clip{number},clip{number}.mp4" for number in range(7)]
    manifest = read_manifest(table(folder, "id,video", "x,a.mp4", *rows), {})
    (note,) = manifest.notes
    assert "missing files: 7 (clip0, clip1, clip2, clip3, clip4, ...)" in note
    assert len(manifest.rejected) == 7


@pytest.mark.parametrize(
    "lines, said",
    [
        ((), "is empty"),
        (("id,video",), "has no clips"),
        (("id,video", "x,gone.mp4", "y,,"), "none of its 2 rows can be used"),
        (("id,video,video", "x,a.mp4,"), "video more than once"),
        (("name,caption", "x,rain"), "neither a column video nor audio"),
    ],
)
def test_nothing_usable_is_one_line(folder, lines, said) -> None:
    path = folder / "clips.csv"
    path.write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(InputError, match=said) as error:
        read_manifest(path, {})
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    "columns, said",
    [({"film": "video"}, "there is no column film"), ({"caption": "text"}, "has no column text")],
)
def test_wrong_columns(folder, columns, said) -> None:
    with pytest.raises(InputError, match=said):
        read_manifest(table(folder, "id,video", "x,a.mp4"), columns)


def test_wrong_paths(folder) -> None:
    for path, root, said in (
        (folder / "gone.csv", None, "isn't there"),
        (folder / "a.mp4", None, "no manifest by its name"),
        (table(folder, "video", "a.mp4"), folder / "gone", "is no folder"),
    ):
        with pytest.raises(InputError, match=said):
            read_manifest(path, {}, root)


def test_what_is_too_much(folder, monkeypatch) -> None:
    from kling_foley_core.data.manifest import table as module

    path = table(folder, "video", "a.mp4", "b.mp4")
    for name, most, said in (
        ("MAX_MANIFEST", 10, "bytes"),
        ("MAX_MANIFEST_LINE", 5, "characters"),
        ("MAX_MANIFEST_ROWS", 1, "rows"),
    ):
        with monkeypatch.context() as limits, pytest.raises(InputError, match=said):
            limits.setattr(module, name, most)
            read_manifest(path, {})


def test_splits(folder) -> None:
    names = [f"film{number}.mp4" for number in range(200)]
    for name in names:
        (folder / name).write_bytes(b"media")
    rows = [f"{name},{start}" for name in names for start in (0, 8)]
    clips = read_manifest(table(folder, "video,start", *rows), {}).clips
    held_out = {clip.video.name for clip in clips if clip.split == "held_out"}
    assert 5 < len(held_out) < 40
    assert not held_out & {clip.video.name for clip in clips if clip.split == "train"}  # no film is on both
    more = read_manifest(table(folder, "video,start", "a.mp4,0", *rows), {}).clips
    assert held_out == {clip.video.name for clip in more if clip.split == "held_out"} - {"a.mp4"}


def test_one_of_few_is_held_out(folder) -> None:
    few = read_manifest(table(folder, "id,video", "x,a.mp4", "y,b.mp4"), {}).clips
    assert sorted(clip.split for clip in few) == ["held_out", "train"]
    one = read_manifest(table(folder, "id,video", "x,a.mp4"), {}).clips
    assert [clip.split for clip in one] == ["train"]
    said = read_manifest(table(folder, "id,video,split", "x,a.mp4,test", "y,b.mp4,"), {}).clips
    assert [clip.split for clip in said] == ["held_out", "train"]


TABLES = {
    "csv": b'id,video,caption,start,labels\nx,a.mp4,"rain",1,"[[""bark"", 1, 2]]"\ny,b.mp4,,,\n',
    "jsonl": b'{"id": "x", "video": "a.mp4", "labels": [["bark", 1, 2]]}\n{"video": "b.mp4"}\n',
    "txt": b'a-b,1,dog,train\nx,3,"cat, dog",test\n',
    "tsv": b"audiocap_id\tyoutube_id\tstart_time\tcaption\n1\ta\t3\train\n",
}


@pytest.mark.parametrize("suffix", TABLES)
def test_damaged_tables_end_in_reasons(folder, suffix) -> None:
    draw = random.Random(suffix)
    path, usable = folder / f"damaged.{suffix}", 0
    (folder / "a-b_000001.mp4").write_bytes(b"media")
    (folder / "a_3.wav").write_bytes(b"media")
    for _ in range(200):
        content = bytearray(TABLES[suffix])
        for _ in range(draw.randint(1, 3)):
            at = draw.randrange(len(content))
            content[at : at + draw.randint(0, 2)] = bytes(
                draw.choices(b'",\n\r\0\xff[]{}:0-', k=draw.randint(0, 2))
            )
        path.write_bytes(content)
        try:
            manifest = read_manifest(path, {})
        except InputError as error:
            assert len(str(error).splitlines()) == 1
        else:
            usable += 1
            assert all(rejected.reason and rejected.why.endswith(".") for rejected in manifest.rejected)
    assert usable > 5
