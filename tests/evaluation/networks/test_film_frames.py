"""Frames of a film are those that FFmpeg's own filter takes, from any start, at any rate."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from torch import Tensor

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks.film_frames import FilmFrames

STEP = 5  # of brightness from frame to frame
HALF = Fraction(1, 2)


def numbered(path: Path, frames: int, fps: int) -> Path:
    """A film whose k-th frame has the brightness 10 + STEP * k."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"qp": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        for k in range(frames):
            picture = np.full((16, 32, 3), 10 + STEP * k, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def number(picture: Tensor) -> Tensor:
    """Which frame it is; [1]."""
    return ((picture.float().mean() - 10) / STEP).round()[None]


def seen(film: FilmFrames, rate: Fraction) -> list[int]:
    return film.read(rate, number, 1, "this test").flatten().int().tolist()


def filtered(path: Path, rate: Fraction, begin: int = 0) -> list[int]:
    """The same by FFmpeg's `fps` filter, from the frame numbered `begin` on."""
    got: list[int] = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        graph = av.filter.Graph()
        source = graph.add_buffer(template=stream)
        filters = (graph.add("fps", f"fps={float(rate)}"), graph.add("format", "rgb24"))
        graph.link_nodes(source, *filters, graph.add("buffersink")).configure()
        frames = list(container.decode(stream))[begin:]
        zero = frames[0].pts
        for frame in [*frames, None]:
            if frame is not None:
                frame.pts -= zero
            graph.push(frame)
            while True:
                try:
                    picture = torch.from_numpy(graph.pull().to_ndarray(format="rgb24"))
                except (av.BlockingIOError, av.EOFError):
                    break
                got.append(int(number(picture)))
    return got


@pytest.mark.parametrize(
    ("fps", "frames", "rates"),
    [(5, 40, (HALF, 2)), (6, 48, (HALF, 25)), (25, 48, (2, 25)), (30, 48, (2, 25))],
)
def test_slots_show_what_ffmpegs_filter_gives(tmp_path: Path, fps: int, frames: int, rates: tuple) -> None:
    path = numbered(tmp_path / "film.mp4", frames, fps)
    for rate in map(Fraction, rates):
        want = filtered(path, rate)
        got = seen(FilmFrames(path), rate)
        assert len(got) == frames * rate // fps and got[: len(want)] == want[: len(got)]
        # the filter may end a slot early, where the last frame is held
        assert set(got[len(want) :]) <= {frames - 1}


def test_a_frame_every_two_seconds_is_the_one_before_the_middle(tmp_path: Path) -> None:
    """At 5 frames a second those just before 1, 3, 5 and 7 s."""
    assert seen(FilmFrames(numbered(tmp_path / "film.mp4", 40, 5)), HALF) == [4, 14, 24, 34]


def test_a_part_of_a_film_is_read_as_a_film_of_its_own(tmp_path: Path) -> None:
    path = numbered(tmp_path / "film.mp4", 45, 5)
    for rate in (HALF, Fraction(2)):
        assert seen(FilmFrames(path, 5, Fraction(3)), rate) == filtered(path, rate, 15)[: int(5 * rate)]


def test_a_shorter_film_is_read_to_its_end(tmp_path: Path) -> None:
    assert seen(FilmFrames(numbered(tmp_path / "film.mp4", 25, 5)), HALF) == [4, 14]


def test_bad_windows_are_named(tmp_path: Path) -> None:
    path = numbered(tmp_path / "film.mp4", 15, 5)
    with pytest.raises(InputError, match="'.*film.mp4': 3 s of film are judged, but ImageBind needs 4 s"):
        FilmFrames(path).read(HALF, number, 2, "ImageBind")
    with pytest.raises(InputError, match="start = 4 s: .*film.mp4' has 3.000 s"):
        seen(FilmFrames(path, 8, Fraction(4)), HALF)
    with pytest.raises(InputError, match="none.mp4"):
        seen(FilmFrames(tmp_path / "none.mp4"), HALF)
    with pytest.raises(InputError, match="at most 3600 s of a film are judged"):
        picture = tmp_path / "picture.png"
        av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24").to_image().save(picture)
        seen(FilmFrames(picture, 4000), HALF)
