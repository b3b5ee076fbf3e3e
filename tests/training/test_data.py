"""Banks, crops, splits and what the sound sources make."""

from __future__ import annotations

import logging
import struct

import numpy as np
import pytest
import torch
from training_runs import MEL, bank, clips, sine

from kling_foley_core.codec import LogMel
from kling_foley_core.data.recordings import packages
from kling_foley_core.data.recordings.bank import Crops, build_bank
from kling_foley_core.data.recordings.clip import HELD_OUT, TRAIN, Clip, one_channel, split_of
from kling_foley_core.data.recordings.midi import Note, midi_file
from kling_foley_core.data.recordings.music import music_clips, piece
from kling_foley_core.data.recordings.packages import Package, available
from kling_foley_core.data.recordings.sentences import sentence
from kling_foley_core.data.recordings.singing import song
from kling_foley_core.data.recordings.sounds import LEVEL, at_learned_level
from kling_foley_core.data.recordings.world import world_clips
from kling_foley_core.errors import InputError


def test_a_bank_gives_back_waves_and_mels(tmp_path) -> None:
    made = bank(tmp_path)
    (entry,) = made.select(HELD_OUT)
    wave = made.wave_of(entry)
    assert wave.shape == (entry.frames * 512,) and entry.frames % 2 == 0 and entry.frames >= 2 * 86
    assert torch.allclose(wave[:44100], torch.from_numpy(sine(660)), atol=1e-4)
    assert not wave[44100:].any(), "short clips are followed by silence"
    padded = torch.from_numpy(np.pad(sine(660), (0, len(wave) - 44100)))
    assert torch.allclose(made.mel_of(entry), LogMel(MEL)(padded[None])[0], atol=0.005)
    part = made.mel_of(entry, 10, 6)
    assert torch.equal(part, made.mel_of(entry)[:, 10:16])
    assert torch.equal(made.wave_of(entry, 10, 6), wave[10 * 512 : 16 * 512])


def test_recordings_come_at_the_level_that_the_codec_gives_them() -> None:
    loud, quiet = (Clip(str(size), "speech", TRAIN, size * sine(660) / sine(660).max()) for size in (1, 1e-3))
    for clip in at_learned_level([loud, quiet]):
        assert 10 * np.log10(np.mean(clip.wave**2)) == pytest.approx(LEVEL, abs=0.01)
        assert clip.kind == "speech" and clip.wave.dtype == np.float32


def test_crops_pair_mel_and_wave_and_follow_the_shares(tmp_path) -> None:
    made = bank(tmp_path)
    crops = Crops(made, TRAIN, {"world": 0.75, "music": 0.25, "speech": 9.0}, 16)
    mels, waves = crops.pairs(3, torch.Generator().manual_seed(0))
    assert mels.shape == (3, 128, 16) and waves.shape == (3, 1, 16 * 512)
    inside = LogMel(MEL)(waves[:, 0])[..., 3:-3]  # a crop's own edges are reflected
    assert (mels[..., 3:-3] - inside).abs().mean() < 0.1
    kinds = [e.kind for e, _ in crops.places(400, torch.Generator().manual_seed(1))]
    assert 0.65 < kinds.count("world") / 400 < 0.85 and "speech" not in kinds
    starts = {s for _, s in crops.places(100, torch.Generator().manual_seed(2))}
    assert all(s % 2 == 0 for s in starts) and len(starts) > 20


def test_a_bank_made_twice_at_once_is_there_and_one_of_nothing_is_not(tmp_path) -> None:
    build_bank(tmp_path / "bank", clips(), MEL, total=5)
    before = (tmp_path / "bank" / "waves.i16").read_bytes()
    build_bank(tmp_path / "bank", clips(), MEL, total=5)
    assert (tmp_path / "bank" / "waves.i16").read_bytes() == before
    with pytest.raises(InputError, match="no sound at all"):
        build_bank(tmp_path / "none", [], MEL, total=1)
    assert [p.name for p in tmp_path.iterdir()] == ["bank"]


def test_crops_refuse_what_can_not_be(tmp_path) -> None:
    with pytest.raises(InputError, match="none of these kinds"):
        Crops(bank(tmp_path), TRAIN, {"speech": 1.0}, 16)
    with pytest.raises(InputError, match="crop.frames = 999"):
        Crops(bank(tmp_path), TRAIN, {"world": 1.0}, 999)


def test_splits_are_disjoint_stable_and_about_a_tenth(tmp_path) -> None:
    names = [f"package/{i}.flac" for i in range(2000)]
    held_out = {n for n in names if split_of(n) == HELD_OUT}
    assert 140 < len(held_out) < 260
    assert held_out == {n for n in reversed(names) if split_of(n) == HELD_OUT}
    made = bank(tmp_path)
    assert not {e.name for e in made.select(TRAIN)} & {e.name for e in made.select(HELD_OUT)}
    assert len(made.select(TRAIN)) + len(made.select(HELD_OUT)) == len(made.entries)


def test_world_sounds_of_the_two_splits_differ() -> None:
    (train,), (held_out,) = (list(world_clips(split, 1, 2.0)) for split in (TRAIN, HELD_OUT))
    assert train.wave.shape == held_out.wave.shape == (2 * 44100,)
    assert train.name != held_out.name and not np.array_equal(train.wave, held_out.wave)


def test_mono_is_a_mix_or_one_channel_by_name() -> None:
    stereo = np.stack([np.ones(4), np.zeros(4)]).astype(np.float32)
    levels = {float(one_channel(f"n{i}", stereo)[0]) for i in range(40)}
    assert levels == {0.0, 0.5, 1.0}


def test_midi_has_its_notes_at_their_times() -> None:
    data = midi_file({2: 40}, [Note(0.5, 1.0, 2, 60, 90), Note(1.5, 0.5, 2, 60, 80)])
    assert data[:14] == b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480)
    assert len(data) == 22 + struct.unpack(">I", data[18:22])[0]
    events = data[22:]
    expected = bytes([0, 0xC2, 40])  # program change
    expected += bytes([0x83, 0x60, 0x92, 60, 90])  # 480 ticks = 0.5 s later
    expected += bytes([0x87, 0x40, 0x82, 60, 0])  # 960 ticks, off before the next on
    expected += bytes([0, 0x92, 60, 80])
    assert events.startswith(expected) and events.endswith(b"\x00\xff\x2f\x00")


def test_generated_texts_repeat_with_their_seed() -> None:
    for make in (sentence, song, piece):
        one, two, other = (make(np.random.default_rng(s)) for s in (1, 1, 2))
        assert one == two != other


def test_what_is_not_installed_is_named_once(caplog, monkeypatch) -> None:
    absent = Package("no-such-package", "music", "/nowhere/at/all")
    with caplog.at_level(logging.WARNING):
        assert not available(absent)
    assert "apt install no-such-package" in caplog.text and "music" in caplog.text
    monkeypatch.setattr("kling_foley_core.data.recordings.music.SOUNDFONT", absent)
    assert list(music_clips(3)) == []
    assert {p.kind for p in packages.PACKAGES} == {"effects", "speech", "singing", "music"}
