"""Windows of one pass are those that load_audio reads one by one, as far as the track goes."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from media.clips import steady, write_clip
from media.signals import noise

from kling_foley_core.errors import InputError
from kling_foley_core.media.audio import load_audio, save_audio
from kling_foley_core.media.audio_windows import sound_seconds, sound_windows

SPANS = [(0.0, 0.5), (0.25, 0.75), (0.25, 0.1), (0.9, 0.3)]


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3"])
def test_windows_are_those_of_load_audio(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    save_audio(path, noise(2, 3 * 44100), 44100)
    found = list(sound_windows(path, SPANS))
    assert len(found) == len(SPANS)
    for (start, seconds), window in zip(SPANS, found, strict=True):
        wave, rate = load_audio(path, start=start, seconds=seconds)
        assert window.rate == rate and window.damage is None
        assert torch.equal(window.wave, wave)


def test_a_window_ends_with_the_track_and_has_nothing_behind_it(tmp_path):
    save_audio(tmp_path / "a.wav", noise(1, 44100), 44100)
    half, none = sound_windows(tmp_path / "a.wav", [(0.5, 1.0), (2.0, 1.0)])
    assert half.wave.shape == (1, 22050) and none.wave.shape == (1, 0)


def test_time_is_counted_from_the_films_first_frame(tmp_path):
    path = tmp_path / "a.mp4"
    write_clip(path, steady(25, 50), sound=noise(2, 48000).numpy(), sound_at=Fraction(1, 2))
    (window,) = sound_windows(path, [(0.0, 1.0)])
    assert torch.equal(window.wave, load_audio(path, start=0, seconds=1)[0])
    assert window.wave[:, :20000].abs().max() < 0.01 < window.wave[:, 26000:].abs().max()
    assert sound_seconds(path) == pytest.approx(1.5, abs=0.03)


@pytest.mark.parametrize("suffix", ["flac", "mp3"])
def test_damage_is_said_for_the_window_that_has_it(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    save_audio(path, noise(1, 6 * 44100), 44100)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 20_000] = bytes(20_000)
    path.write_bytes(data)
    before, damaged, after = sound_windows(path, [(0.0, 1.0), (2.0, 2.0), (4.5, 1.0)])
    assert before.damage is None and after.damage is None
    assert damaged.damage.startswith("no readable sound at ")


def test_a_file_without_sound_and_spans_out_of_order(tmp_path):
    write_clip(tmp_path / "a.mp4", steady(25, 10))
    with pytest.raises(InputError, match="no sound track"):
        list(sound_windows(tmp_path / "a.mp4", [(0.0, 0.2)]))
    with pytest.raises(ValueError, match="order"):
        list(sound_windows(tmp_path / "a.mp4", [(1.0, 1.0), (0.0, 1.0)]))
