"""Windows as raw samples: what is read of a film is what lies in the window, also where pieces are joined."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from extraction_clips import RATE, clip, sine, window, write_film

from kling_foley_core.data.extraction import WindowSource, raw_format_of
from kling_foley_core.data.extraction.stages import Stages
from kling_foley_core.errors import InputError
from kling_foley_core.media.audio import save_audio

FORM = raw_format_of(None)
ARRAYS = ("sound", "visual_frames", "sync_frames")


def sample(*windows, index: int = 0, arrays=ARRAYS):
    return WindowSource(windows, FORM, "test").sample(index, arrays, Stages())


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 3 * RATE)).astype(np.float32)
    stereo = write_film(folder / "stereo.mkv", noise, 75)
    mono = write_film(folder / "mono.mkv", sine(2.0, 440, channels=1), 50)
    return stereo, mono, noise


def levels(frames: np.ndarray) -> list[int]:
    """Number of the film's frame that each shows."""
    assert np.ptp(frames, axis=(1, 2, 3)).max() <= 2
    return [round(float(f.mean())) - 10 for f in frames]


def test_a_window_has_its_own_frames_and_sound(films) -> None:
    stereo, _, noise = films
    made = sample(window((clip(stereo), 0.8, 1.2)))
    assert levels(made.arrays["sync_frames"]) == list(range(20, 50))
    assert levels(made.arrays["visual_frames"]) == [20 + round(k * 25 / 8) for k in range(9)]
    expected = noise[:, round(0.8 * RATE) : round(2.0 * RATE)]
    assert np.abs(made.arrays["sound"] / 32767 - expected).max() < 1e-4
    assert (made.seconds_start, made.seconds_total, made.facts["class"]) == (0.8, 9.0, "effects")


def test_joined_pieces_follow_each_other_at_the_windows_own_instants(films) -> None:
    stereo, mono, noise = films
    made = sample(window((clip(stereo), 0.4, 0.9), (clip(mono), 0.2, 1.1)))
    sync, visual = levels(made.arrays["sync_frames"]), levels(made.arrays["visual_frames"])
    assert len(sync) == 50 and len(visual) == 16
    cut = 23  # the first instant at or after 0.9 s is 23 / 25
    assert sync[:cut] == list(range(10, 33))
    # 0.02 s into the second piece, half way between two frames: the earlier one, and so on
    assert sync[cut:] == list(range(5, 32))
    assert visual[:8] == [10 + round(k * 25 / 8) for k in range(8)]
    assert all(abs(v - (5 + 25 * (k / 8 - 0.9))) <= 0.51 for k, v in enumerate(visual) if k >= 8)
    sound = made.arrays["sound"]
    assert sound.shape == (2, 2 * RATE), "mono beside stereo is doubled"
    first = round(0.9 * RATE)
    assert np.abs(sound[:, :first] / 32767 - noise[:, round(0.4 * RATE) :][:, :first]).max() < 1e-4
    assert (
        np.abs(sound[:, first:] / 32767 - sine(2.0, 440)[:, round(0.2 * RATE) :][:, : 2 * RATE - first]).max()
        < 1e-4
    )


def test_a_sound_has_no_frames_and_keeps_its_one_channel(tmp_path) -> None:
    save_audio(tmp_path / "tone.wav", torch.from_numpy(sine(2.0, 440, channels=1)), RATE)
    sound = window((clip(tmp_path / "tone.wav", audio=True), 0.5, 1.0))
    made = sample(sound)
    assert set(made.arrays) == {"sound"} and made.arrays["sound"].shape == (1, RATE)
    assert WindowSource([sound], FORM, "test").arrays == ("sound",)


def test_what_cant_be_read_is_an_input_error(tmp_path, films) -> None:
    (tmp_path / "cut.mkv").write_bytes(films[0].read_bytes()[:400])
    with pytest.raises(InputError, match=r"cut\.mkv"):
        sample(window((clip(tmp_path / "cut.mkv"), 0.0, 1.0)))


def test_the_list_is_the_same_wherever_the_files_are(tmp_path, films) -> None:
    here = WindowSource([window((clip(films[0]), 0.0, 1.0))], FORM, "test")
    there = WindowSource([window((clip(tmp_path / "stereo.mkv"), 0.0, 1.0))], FORM, "test")
    other = WindowSource([window((clip(films[0]), 0.0, 1.0), caption="another")], FORM, "test")
    assert here.words(0) == there.words(0) != other.words(0)
