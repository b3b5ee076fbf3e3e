"""A part of a file has the samples of the whole, and what lies behind it is not read."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import torch
from judged_clips import film, wave

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.clips.window import Window
from kling_foley_core.media import save_audio, track

RATE = 22050


def surround(path: Path) -> Path:
    sound = np.random.default_rng(0).uniform(-0.3, 0.3, (6, 3 * RATE)).astype(np.float32)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_f32le", rate=RATE, layout="5.1")
        frame = av.AudioFrame.from_ndarray(sound.T.reshape(1, -1).copy(), format="flt", layout="5.1")
        frame.sample_rate = RATE
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def written(folder: Path, kind: str) -> Path:
    if kind == "surround.wav":
        return surround(folder / kind)
    if kind == "film.mp4":
        return film(folder / kind, 1, 3.0)
    save_audio(folder / kind, wave(1, 3.0), 16000)
    return folder / kind


@pytest.mark.parametrize("kind", ["a.wav", "a.mp3", "film.mp4", "surround.wav"])
def test_a_part_has_the_samples_of_the_whole(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind)
    for start in (0.0, 0.7778, 2.5):
        whole, rate = Window(path, start, None).wave()
        for seconds in (0.33335, 1.0, 9.0):
            part, own = Window(path, start, seconds).wave()
            assert own == rate and torch.equal(part, whole[:, : round(seconds * rate)])
    with pytest.raises(InputError, match="no sound from 7 s on"):
        Window(path, 7.0, 1.0).wave()


def test_the_rest_of_a_long_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, read, seen = written(tmp_path, "a.wav"), track.Track.pieces, []

    def counted(self):
        for at, samples in read(self):
            seen.append(at)
            yield at, samples

    monkeypatch.setattr(track.Track, "pieces", counted)
    monkeypatch.setattr(track, "MAX_HELD_SECONDS", 2)
    with pytest.raises(InputError, match="choose a window"):
        Window(path, 0.0, None).wave()
    seen.clear()
    assert Window(path, 0.0, 0.5).wave()[0].shape == (1, 8000)
    assert seen and max(seen) < 16000
