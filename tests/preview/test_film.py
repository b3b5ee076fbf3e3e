"""The film's small copy for the player: every frame at its time, as long as the film, once a film."""

from __future__ import annotations

from fractions import Fraction

import av
import pytest
import torch
from media.clips import QUARTER_TURNS, numbered, numbers, steady, turned, write_clip

from kling_foley_core.media import FrameView, probe, read_views
from kling_foley_core.preview.film import LONGEST, copy_of_file, copy_of_images, film_name

TICK = Fraction(1, 90_000)


def frames_of(path) -> list[tuple[float, int]]:
    """(seconds, number) of each frame."""
    with av.open(str(path)) as container:
        frames = [(round(f.time, 4), f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]
    pictures = torch.stack([torch.from_numpy(picture).permute(2, 0, 1)[..., :48] for _, picture in frames])
    return list(zip([time for time, _ in frames], numbers(pictures), strict=True))


def check(path, seconds: Fraction) -> None:
    info = probe(path)
    assert abs(info.duration - seconds) <= TICK and info.zero == 0
    assert (info.codec, info.pixel_format, info.has_audio) == ("h264", "yuv420p", False)
    assert "mp4" in info.container


@pytest.mark.parametrize("fps", [8, 24.0, Fraction(30000, 1001), 60])
def test_images_are_shown_at_their_rate(tmp_path, fps) -> None:
    images = torch.stack([torch.from_numpy(numbered(i, 64, 48)) for i in range(20)]).float() / 255
    copy_of_images(images, fps, tmp_path / "copy.mp4")
    check(tmp_path / "copy.mp4", 20 / Fraction(fps))
    whole = Fraction(fps).limit_denominator(1001)
    seen = read_views(tmp_path / "copy.mp4", {"v": FrameView(whole, 48, "stretch")})["v"]
    assert numbers(seen) == list(range(20))


def test_a_window_of_a_file_begins_at_its_first_frame_and_keeps_the_frames_times(tmp_path) -> None:
    uneven = [Fraction(t, 100) for t in (0, 10, 15, 40, 45, 80, 95, 100, 130, 150)]
    write_clip(tmp_path / "film.mkv", uneven, last=Fraction(1, 2), codec="ffv1", pix_fmt="yuv444p")
    copy_of_file(tmp_path / "film.mkv", tmp_path / "copy.mp4", Fraction(1, 2), Fraction(3, 4))
    check(tmp_path / "copy.mp4", Fraction(3, 4))
    assert frames_of(tmp_path / "copy.mp4") == [(0, 4), (0.3, 5), (0.45, 6), (0.5, 7)]


@pytest.mark.parametrize("degrees", QUARTER_TURNS)
def test_the_copy_is_upright(tmp_path, degrees) -> None:
    write_clip(tmp_path / "film.mp4", steady(10, 3), size=(64, 32))
    turned(tmp_path / "film.mp4", QUARTER_TURNS[degrees])
    copy_of_file(tmp_path / "film.mp4", tmp_path / "copy.mp4", Fraction(0), Fraction(3, 10))
    original, copy = (
        read_views(tmp_path / name, {"v": FrameView(10, 16, "stretch")})["v"].float()
        for name in ("film.mp4", "copy.mp4")
    )
    info = probe(tmp_path / "copy.mp4")
    assert (info.width, info.height) == ((64, 32) if degrees == 180 else (32, 64)) and info.rotation == 0
    assert (original - copy).abs().mean() < 4


@pytest.mark.parametrize(
    ("size", "small"),
    [((1, 1), (2, 2)), ((1281, 720), (640, 360)), ((75, 1000), (48, 640)), ((900, 10), (640, 8))],
)
def test_sides_are_even_and_no_longer_than_needed(tmp_path, size, small) -> None:
    copy_of_images(torch.rand(2, size[1], size[0], 4), 10, tmp_path / "copy.mp4")
    info = probe(tmp_path / "copy.mp4")
    assert (info.width, info.height) == small and max(small) <= LONGEST


def test_frames_of_another_size_keep_their_shape(tmp_path) -> None:
    """A wide second of white, then a tall one, strung together as broadcasts change."""
    for name, size, first in (("wide.ts", (96, 64), 0), ("tall.ts", (64, 96), 1)):
        white = [torch.full((size[1], size[0], 3), 230, dtype=torch.uint8).numpy()] * 10
        write_clip(tmp_path / name, steady(10, 10, first), size=size, pictures=white, b_frames=0)
    film = tmp_path / "film.ts"
    film.write_bytes((tmp_path / "wide.ts").read_bytes() + (tmp_path / "tall.ts").read_bytes())
    copy_of_file(film, tmp_path / "copy.mp4", Fraction(0), Fraction(2))
    with av.open(str(tmp_path / "copy.mp4")) as container:
        frames = [f.to_ndarray(format="rgb24") > 150 for f in container.decode(video=0)]
    assert len(frames) == 20 and {frame.shape for frame in frames} == {(64, 96, 3)}
    wide, tall = frames[5].any(0).sum(0)[0], frames[15].any(0).sum(0)[0]
    assert wide == 96 and abs(tall - 64 * 64 / 96) < 4 and frames[15].any(1).all()


def test_colours_are_the_films(tmp_path) -> None:
    images = torch.zeros(4, 32, 32, 3)
    images[..., 0], images[..., 2] = 0.8, 0.2
    copy_of_images(images, 10, tmp_path / "copy.mp4")
    seen = read_views(tmp_path / "copy.mp4", {"v": FrameView(10, 16, "stretch")})["v"].float().mean((0, 2, 3))
    assert (seen - 255 * torch.tensor([0.8, 0.0, 0.2])).abs().max() < 6


def test_a_run_that_is_stopped_leaves_no_file(tmp_path) -> None:
    def stop(*at) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_of_images(torch.rand(4, 32, 32, 3), 10, tmp_path / "copy.mp4", stop)
    assert list(tmp_path.iterdir()) == []


def test_one_film_has_one_name() -> None:
    frames = torch.randint(0, 255, (5, 3, 8, 8), dtype=torch.uint8)
    other = frames.clone()
    other[3, 1, 2, 2] += 1
    names = [
        film_name(frames, Fraction(1), 1.5),
        film_name(other, Fraction(1), 1.5),
        film_name(frames, Fraction(2), 1.5),
        film_name(frames, Fraction(1), 1.0),
    ]
    assert len(set(names)) == 4 and film_name(frames.clone(), Fraction(1), 1.5) == names[0]
