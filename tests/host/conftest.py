"""One real ComfyUI for all host tests; they skip, saying what is missing, where there is none."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # so that tests can import server

from graphs import whole_graph  # noqa: E402
from server import Server, find_host  # noqa: E402

FRAME_RATE, FRAMES = Fraction(30000, 1001), 28  # 0.934 s: no whole number of samples, hops or frames anywhere


@pytest.fixture(scope="session")
def host() -> tuple[Path, Path]:
    """(ComfyUI's folder, its python)."""
    found = find_host()
    if isinstance(found, str):
        pytest.skip(f"needs a ComfyUI: {found}")
    return found


@pytest.fixture(scope="session")
def server(host, tmp_path_factory):
    base = tmp_path_factory.mktemp("comfyui")
    running = Server(*host, base)
    try:
        running.wait()
        make_clip(base / "input" / "clip.mp4")
        yield running
    finally:
        running.stop()


@pytest.fixture
def graph() -> dict:
    """Every box a node of its own, on the small clip."""
    return whole_graph()


def make_clip(path: Path, frames: int = FRAMES) -> None:
    """A moving square, without sound."""
    import av
    import numpy as np

    options = {"movie_timescale": str(FRAME_RATE.numerator)}  # so that the file says its length exactly
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("libx264", rate=FRAME_RATE)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for i in range(frames):
            picture = np.full((120, 160, 3), 40, np.uint8)
            left = 4 * (i % FRAMES)
            picture[40:80, left : left + 40] = (250, 90, 30)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture(autouse=True)
def models_as_before(request):
    """What a test puts among the server's models is no part of a system in the next one."""
    if "server" not in request.fixturenames:
        yield
        return
    folder = request.getfixturevalue("server").base / "models"
    before = set(folder.rglob("*"))
    yield
    for file in set(folder.rglob("*")) - before:
        if file.is_file():
            file.unlink()
