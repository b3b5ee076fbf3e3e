"""Sounds of installed packages; each test is skipped where its package is absent."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from kling_foley_core.data.recordings import packages
from kling_foley_core.data.recordings.clip import HELD_OUT, TRAIN
from kling_foley_core.data.recordings.effects import effect_clips, effect_files
from kling_foley_core.data.recordings.music import music_clips
from kling_foley_core.data.recordings.programs import rendered
from kling_foley_core.data.recordings.singing import singing_clips
from kling_foley_core.data.recordings.speech import speech_clips
from kling_foley_core.errors import InputError


def needs(*wanted: packages.Package):
    names = " ".join(p.name for p in wanted)
    return pytest.mark.skipif(not all(p.installed for p in wanted), reason=f"needs the packages {names}")


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(speech_clips, marks=needs(packages.ESPEAK)),
        pytest.param(singing_clips, marks=needs(packages.FESTIVAL, packages.VOICE)),
        pytest.param(music_clips, marks=needs(packages.FLUIDSYNTH, packages.SOUNDFONT)),
    ],
)
def test_a_program_makes_a_sound_and_repeats_it(make) -> None:
    (one,), (two,) = list(make(1)), list(make(1))
    assert one.name == two.name and one.wave.ndim == 1 and one.wave.dtype == np.float32
    assert len(one.wave) > 44100 and 0.02 < np.sqrt(np.mean(one.wave**2)) < 0.5
    # Other than its breath noise, which espeak-ng draws anew each time, a program says the same twice.
    assert len(one.wave) == len(two.wave) and np.corrcoef(one.wave, two.wave)[0, 1] > 0.9
    spectrum = np.abs(np.fft.rfft(one.wave)) ** 2
    low = round(len(one.wave) * 8000 / 44100)  # all of them lie mostly below 8 kHz at the right speed
    assert spectrum[:low].sum() > 0.6 * spectrum.sum()


@needs(packages.SONIC_PI)
def test_recordings_have_a_class_and_a_split(monkeypatch) -> None:
    files = effect_files()
    chosen = [f for f in files if "loop_amen." in f[0] or "perc_bell." in f[0]]
    monkeypatch.setattr("kling_foley_core.data.recordings.effects.effect_files", lambda: chosen)
    kinds = {clip.name.split("/")[1]: clip.kind for clip in effect_clips()}
    assert kinds == {"loop_amen.flac": "music", "perc_bell.flac": "effects"}


@needs(packages.THEME)
def test_share_alike_sounds_are_never_trained_on(monkeypatch) -> None:
    files = [f for f in effect_files() if f[0].startswith("sound-theme-freedesktop")]
    assert len(files) > 10
    monkeypatch.setattr("kling_foley_core.data.recordings.effects.effect_files", lambda: files)
    splits = {clip.split for clip in effect_clips()}
    assert splits == {HELD_OUT} and TRAIN not in splits


def test_a_program_that_fails_is_named() -> None:
    with pytest.raises(InputError, match="failed .*no voice"):
        rendered(lambda text, out: [sys.executable, "-c", "raise SystemExit('no voice')"], "x")
    with pytest.raises(InputError, match="no-such-program can't be run"):
        rendered(lambda text, out: ["no-such-program"], "x")
