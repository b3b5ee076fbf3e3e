"""Crops of sounds: their mels are the whole sound's, classes follow the shares, levels are as asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sound_shards import RATE, sine, sound_sample, sound_shards, write

from kling_foley_core.codec import LogMel
from kling_foley_core.codec.presets import MEL_16K, MEL_44K
from kling_foley_core.data.shards import Shards
from kling_foley_core.data.splits import HELD_OUT, TRAIN
from kling_foley_core.errors import InputError
from kling_foley_core.training.parts.sound_batches import Place, SoundCrops, SoundData, Sounds

CPU = torch.device("cpu")
DATA = SoundData({"world": 0.75, "music": 0.25, "speech": 9.0}, (), (0.0, 0.0))


def sounds_of(folder, split: str = TRAIN) -> Sounds:
    return Sounds(sound_shards(folder, split), MEL_44K, (), None)


@pytest.mark.parametrize("start", [0, 2, 100, 198])
def test_the_mel_of_a_crop_is_the_whole_sounds(tmp_path, start) -> None:
    sounds = sounds_of(tmp_path)
    whole = sounds.wave(0)[None]
    mel, wave = sounds.crops([Place(0, start)], 16, CPU)
    assert mel.shape == (1, 128, 16) and wave.shape == (1, 1, 16 * 512)
    assert torch.allclose(wave[0], whole[:, start * 512 : (start + 16) * 512], atol=1e-4)
    assert torch.allclose(mel, LogMel(MEL_44K)(whole)[..., start : start + 16], atol=1e-4)


def test_what_a_clip_is_too_short_for_is_silence(tmp_path) -> None:
    sounds = sounds_of(tmp_path, HELD_OUT)  # one second
    _, wave = sounds.crops([Place(0, 0)], 200, CPU)
    assert wave[..., :44000].abs().max() > 0.2 and not wave[..., 44200:].any()


def test_classes_follow_the_shares_and_places_are_latent_frames(tmp_path) -> None:
    crops = SoundCrops(sounds_of(tmp_path), DATA, 16, seed=0)
    places = crops.places(0, 400)
    kinds = [crops.sounds.shards.entries[p.index].kind for p in places]
    assert 0.65 < kinds.count("world") / 400 < 0.85, "speech, which is not there, takes no share"
    assert all(p.start % 2 == 0 for p in places) and len({p.start for p in places}) > 20
    assert crops.places(0, 400) == places != crops.places(1, 400)


def test_long_clips_are_drawn_more_often(tmp_path) -> None:
    samples = [
        sound_sample("long", "music", TRAIN, sine(110, 6)),
        sound_sample("short", "music", TRAIN, sine(110, 2)),
    ]
    sounds = Sounds(Shards(write(tmp_path, samples)), MEL_44K, (), None)
    places = SoundCrops(sounds, replace(DATA, shares={"music": 1.0}), 16, seed=0).places(0, 400)
    assert 0.68 < sum(p.index == 0 for p in places) / 400 < 0.82


def test_a_process_reads_its_part_of_the_batch(tmp_path) -> None:
    crops = SoundCrops(sounds_of(tmp_path), replace(DATA, gain_db=(-9.0, 6.0)), 16, seed=0)
    mel, wave = crops.batch(3, 4, CPU, range(4))
    part = crops.batch(3, 4, CPU, range(2, 4))
    assert torch.equal(part[0], mel[2:]) and torch.equal(part[1], wave[2:])


def test_gain_moves_wave_and_mel_together(tmp_path) -> None:
    quiet, loud = (
        SoundCrops(sounds_of(tmp_path), replace(DATA, gain_db=(db, db)), 16, seed=0).batch(
            0, 2, CPU, range(2)
        )
        for db in (-6.0, 0.0)
    )
    assert torch.allclose(quiet[1], loud[1] * 10**-0.3)
    above = quiet[0] > -11
    assert torch.allclose((loud[0] - quiet[0])[above], torch.tensor(0.6908), atol=1e-3)


def test_recordings_come_at_the_level_that_the_codec_learns(tmp_path) -> None:
    samples = [sound_sample(f"{size}", "speech", TRAIN, size * sine(660)) for size in (1, 0.01)]
    samples.append(sound_sample("kept", "world", TRAIN, sine(660)))
    sounds = Sounds(Shards(write(tmp_path, samples)), MEL_44K, ("speech",), -35.0)
    levels = [10 * np.log10(float(sounds.wave(i).square().mean())) for i in range(3)]
    assert levels[:2] == pytest.approx([-35, -35], abs=0.05) and levels[2] == pytest.approx(-13.5, abs=0.1)


def test_a_sound_without_a_class_is_of_the_class_other(tmp_path, caplog) -> None:
    samples = [sound_sample(f"n{i}", "", TRAIN, sine(220)) for i in range(2)]
    samples.append(sound_sample("talk", "speech", TRAIN, sine(330)))
    sounds = Sounds(Shards(write(tmp_path, samples)), MEL_44K, (), None)
    crops = SoundCrops(sounds, replace(DATA, shares={"other": 1.0}), 16, seed=0)
    assert {p.index for p in crops.places(0, 40)} == {0, 1}
    assert "1 samples of class speech are not used" in caplog.text


def test_what_can_not_be_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="its sounds are of the classes world, music, .*give one of them"):
        SoundCrops(sounds_of(tmp_path), replace(DATA, shares={"speech": 1.0}), 16, seed=0)
    with pytest.raises(InputError, match=f"sounds have {RATE} Hz, and the preset's codec works at 16000 Hz"):
        Sounds(sound_shards(tmp_path, TRAIN), MEL_16K, (), None)
