"""Which clips a table asks for, where their outputs go, and that their seeds are their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mix_tones import sine

from kling_foley_core.batch import batch_clips
from kling_foley_core.errors import InputError
from kling_foley_core.media import save_audio


def listed(folder: Path, rows: list[dict], seed: int = 3) -> tuple:
    (folder / "film.mp4").touch()
    table = folder / "clips.jsonl"
    table.write_text("\n".join(json.dumps(row) for row in rows))
    return batch_clips(table, {}, None, prompt="default", seed=seed, suffix=".wav")


def test_rows_become_clips_with_their_windows_and_prompts(tmp_path) -> None:
    rows = [{"video": "film.mp4", "caption": "a bell", "start": 1, "seconds": 2}, {"video": "film.mp4"}]
    (first, second), rejected, _ = listed(tmp_path, rows)
    assert (first.prompt, first.start, first.seconds, first.output) == ("a bell", 1, 2, Path("film 1.wav"))
    assert (second.prompt, second.start, second.seconds) == ("default", 0, None) and not rejected


def test_a_seed_depends_on_the_clip_alone(tmp_path) -> None:
    rows = [{"id": name, "video": "film.mp4"} for name in ("a", "b", "c")]
    seeds = {clip.id: clip.seed for clip in listed(tmp_path, rows)[0]}
    assert len({*seeds.values()}) == 3
    assert {clip.id: clip.seed for clip in listed(tmp_path, rows[:0:-1])[0]} == {k: seeds[k] for k in "bc"}
    assert listed(tmp_path, rows, seed=4)[0][0].seed == (seeds["a"] + 1) % 2**32


def test_no_output_leaves_the_folder_or_meets_another(tmp_path) -> None:
    names = ["../../up", "/etc/passwd", "a/b", "A/B", "a:b", "a?b", "..", "x" * 300, "con\x07trol", "日本/語"]
    clips, _, _ = listed(tmp_path, [{"id": name, "video": "film.mp4"} for name in names])
    outputs = [clip.output for clip in clips]
    assert len({str(path).casefold() for path in outputs}) == len(names)
    for path in outputs:
        assert not path.is_absolute() and ".." not in path.parts and path.suffix == ".wav"
        assert max(len(part.encode()) for part in path.parts) < 200 and not set(':?"<>|*\x07') & {*str(path)}
    assert outputs[2] == Path("a/b.wav") and outputs[-1] == Path("日本/語.wav")


def test_rows_without_a_film_are_named(tmp_path) -> None:
    save_audio(tmp_path / "s.wav", sine(-20, 1), 48000)
    rows = [{"video": "film.mp4"}, {"audio": "s.wav", "caption": "rain"}, {"video": "gone.mp4"}]
    clips, rejected, _ = listed(tmp_path, rows)
    assert [clip.id for clip in clips] == ["film"]
    assert {row.id: row.reason for row in rejected} == {"s": "no film", "clips.jsonl line 3": "missing file"}
    with pytest.raises(InputError, match="has no films"):
        listed(tmp_path, rows[1:2])
