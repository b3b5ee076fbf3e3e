"""The packages' sounds become shards with class, split and source; what is interrupted goes on."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from kling_foley_core.cli import main
from kling_foley_core.data.recordings import packages, write
from kling_foley_core.data.recordings.music import music_recordings
from kling_foley_core.data.recordings.packages import Package, available
from kling_foley_core.data.recordings.recording import RATE, Recording
from kling_foley_core.data.recordings.write import Counts, write_recordings
from kling_foley_core.data.shards import Shards
from kling_foley_core.data.shards.sounds import sound_of
from kling_foley_core.data.splits import HELD_OUT, TRAIN
from kling_foley_core.errors import InputError

NONE = Counts(0, 0, 0)


def recording(name: str, seconds: float, split: str = TRAIN, channels: int = 1) -> Recording:
    wave = np.random.default_rng(len(name)).uniform(-1, 1, (channels, round(seconds * RATE))).astype("f4")
    return Recording(name, "music", split, lambda: wave)


@pytest.fixture
def three(monkeypatch):
    """Three recordings in place of those of the packages, in shards of two."""
    made = [recording("a", 1.0), recording("long", 13.0, channels=2), recording("c", 0.5, HELD_OUT)]
    monkeypatch.setattr(write, "installed_recordings", lambda counts: made)
    monkeypatch.setattr(write, "SHARD", 2)
    return made


def test_sounds_come_back_with_their_class_and_split(tmp_path, three) -> None:
    assert write_recordings(tmp_path, NONE) == 3
    shards = Shards(tmp_path, check=True)
    samples = [shards.read(i) for i in range(len(shards))]
    assert [s.id for s in samples] == ["a", "long", "long at 12 s", "c"], "12 s are the longest"
    assert [s.seconds for s in samples] == [1.0, 12.0, 1.0, 0.5]
    assert (samples[2].seconds_start, samples[2].seconds_total) == (12.0, 13.0)
    assert {e.kind for e in shards.entries} == {"music"} and shards.entries[3].split == HELD_OUT
    assert np.allclose(sound_of(samples[2]), three[1].make()[:, 12 * RATE :], atol=1e-4)


def test_an_interrupted_run_goes_on(tmp_path, three) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_recordings(tmp_path, NONE, stop)
    first = (tmp_path / "000000.tar").stat().st_mtime_ns
    write_recordings(tmp_path, NONE)
    assert (tmp_path / "000000.tar").stat().st_mtime_ns == first and len(Shards(tmp_path)) == 4
    with pytest.raises(InputError, match="shards of another kind already .other source."):
        write_recordings(tmp_path, replace(NONE, speech=1))


def test_where_nothing_is_installed_the_packages_are_named(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(write, "installed_recordings", lambda counts: [])
    assert main(["data", "recordings", "--out", str(tmp_path / "new")]) == 2
    assert "apt install sonic-pi-samples" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_what_is_not_installed_is_named_once(caplog, monkeypatch) -> None:
    absent = Package("no-such-package", "music", "/nowhere/at/all")
    with caplog.at_level(logging.WARNING):
        assert not available(absent)
    assert "apt install no-such-package" in caplog.text and "music" in caplog.text
    monkeypatch.setattr("kling_foley_core.data.recordings.music.SOUNDFONT", absent)
    assert music_recordings(3) == []
    assert {p.kind for p in packages.PACKAGES} == {"effects", "speech", "singing", "music"}
