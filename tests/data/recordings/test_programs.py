"""Sounds of installed packages; each test is skipped where its package is absent."""

from __future__ import annotations

import struct
import sys

import numpy as np
import pytest

from kling_foley_core.data.recordings import packages
from kling_foley_core.data.recordings.effects import effect_files, effect_recordings
from kling_foley_core.data.recordings.midi import Note, midi_file
from kling_foley_core.data.recordings.music import music_recordings, piece
from kling_foley_core.data.recordings.programs import rendered
from kling_foley_core.data.recordings.sentences import sentence
from kling_foley_core.data.recordings.singing import singing_recordings, song
from kling_foley_core.data.recordings.speech import speech_recordings
from kling_foley_core.data.splits import HELD_OUT
from kling_foley_core.errors import InputError


def needs(*wanted: packages.Package):
    names = " ".join(p.name for p in wanted)
    return pytest.mark.skipif(not all(p.installed for p in wanted), reason=f"needs the packages {names}")


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(speech_recordings, marks=needs(packages.ESPEAK)),
        pytest.param(singing_recordings, marks=needs(packages.FESTIVAL, packages.VOICE)),
        pytest.param(music_recordings, marks=needs(packages.FLUIDSYNTH, packages.SOUNDFONT)),
    ],
)
def test_a_program_makes_a_sound_and_repeats_it(make) -> None:
    (one,), (two,) = make(1), make(1)
    assert one.name == two.name
    waves = [recording.make().mean(0) for recording in (one, two)]
    assert waves[0].dtype == np.float32
    assert len(waves[0]) > 44100 and 0.02 < np.sqrt(np.mean(waves[0] ** 2)) < 0.5
    # Other than its breath noise, which espeak-ng draws anew each time, a program says the same twice.
    assert len(waves[0]) == len(waves[1]) and np.corrcoef(*waves)[0, 1] > 0.9
    spectrum = np.abs(np.fft.rfft(waves[0])) ** 2
    low = round(len(waves[0]) * 8000 / 44100)  # all of them lie mostly below 8 kHz at the right speed
    assert spectrum[:low].sum() > 0.6 * spectrum.sum()


@needs(packages.SONIC_PI)
def test_recordings_have_a_class(monkeypatch) -> None:
    chosen = [f for f in effect_files() if "loop_amen." in f[0] or "perc_bell." in f[0]]
    monkeypatch.setattr("kling_foley_core.data.recordings.effects.effect_files", lambda: chosen)
    kinds = {recording.name.split("/")[1]: recording.kind for recording in effect_recordings()}
    assert kinds == {"loop_amen.flac": "music", "perc_bell.flac": "effects"}


@needs(packages.THEME)
def test_share_alike_sounds_are_never_trained_on() -> None:
    theme = [r for r in effect_recordings() if r.name.startswith(packages.THEME.name)]
    assert len(theme) > 10 and {r.split for r in theme} == {HELD_OUT}


def test_a_program_that_fails_is_named() -> None:
    with pytest.raises(InputError, match="failed .*no voice"):
        rendered(lambda text, out: [sys.executable, "-c", "raise SystemExit('no voice')"], "x")
    with pytest.raises(InputError, match="no-such-program can't be run"):
        rendered(lambda text, out: ["no-such-program"], "x")


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
