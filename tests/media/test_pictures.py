"""Still pictures are films as long as is asked for, animations are films of their own; too large ones are
refused unread, and pictures whose size changes on the way keep their shape."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from media.clips import numbered, numbers, steady, write_clip
from media.signals import noise
from media.slots import nearest_by_search
from PIL import Image, features

from kling_foley_core.errors import InputError
from kling_foley_core.media.filling import SlotFiller
from kling_foley_core.media.mux import check_target, mux
from kling_foley_core.media.probe import probe
from kling_foley_core.media.reader import read_views
from kling_foley_core.media.views import FrameView

VIEWS = {"visual": FrameView(8, 16, "stretch"), "sync": FrameView(25, 32, "crop", min_frames=16)}
STEP = 83  # ms, as the host saves 12 frames a second


def pictures(count, alpha=False):
    shown = [Image.fromarray(numbered(i, 64, 48)) for i in range(count)]
    return [p.convert("RGBA") for p in shown] if alpha else shown


def animation(path, step=STEP, count=36, alpha=False):
    first, *rest = pictures(count, alpha)
    how = {"lossless": True} if path.suffix == ".webp" else {}
    first.save(path, save_all=True, append_images=rest, duration=step, **how)


@pytest.mark.parametrize(("suffix", "step"), [("webp", 83), ("png", 83), ("gif", 80)])
def test_animations_are_films(tmp_path, suffix, step):
    path = tmp_path / f"a.{suffix}"
    animation(path, step)
    info, length = probe(path), Fraction(36 * step, 1000)
    assert info.duration == length and abs(info.frame_rate - Fraction(1000, step)) < Fraction(1, 10)
    assert info.codec == {"png": "apng"}.get(suffix, suffix)
    times = [Fraction(i * step, 1000) for i in range(36)]
    for source in (path, io.BytesIO(path.read_bytes())):
        for start, seconds in ((Fraction(0), length), (Fraction(3, 2), Fraction(1))):
            got = read_views(source, VIEWS, start=start, seconds=seconds)
            for name, view in VIEWS.items():
                wanted = nearest_by_search(times, start, view.fps, view.slots(seconds))
                assert numbers(got[name]) == wanted
    mux(path, noise(1, round(16000 * length)), 16000, tmp_path / "out.mp4")
    written = probe(tmp_path / "out.mp4")
    assert written.codec == "h264" and abs(written.duration - length) <= Fraction(1, 1000)
    assert numbers(read_views(tmp_path / "out.mp4", VIEWS)["visual"]) == numbers(
        read_views(path, VIEWS)["visual"]
    )


def test_an_animations_times_are_its_own(tmp_path):
    first, *rest = pictures(4)
    first.save(
        tmp_path / "a.webp", save_all=True, append_images=rest, duration=[500, 40, 960, 1000], lossless=True
    )
    assert probe(tmp_path / "a.webp").duration == Fraction(5, 2)
    times = [Fraction(ms, 1000) for ms in (0, 500, 540, 1500)]
    wanted = nearest_by_search(times, Fraction(0), 8, 20)
    assert numbers(read_views(tmp_path / "a.webp", VIEWS)["visual"]) == wanted


def test_a_damaged_animation(tmp_path):
    animation(tmp_path / "a.webp")
    data = (tmp_path / "a.webp").read_bytes()
    (tmp_path / "a.webp").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="animated WebP that can't be read"):
        probe(tmp_path / "a.webp")


def test_pictures_that_the_decoder_holds_where_a_file_breaks_off(tmp_path):
    """They come without a clock."""
    path = tmp_path / "a.png"
    animation(path)
    data = path.read_bytes()
    cut = data.index(b"fcTL", len(data) // 2) - 4
    path.write_bytes(data[: cut + 38] + data[cut:])  # twice the same chunk: none may follow
    length = probe(path).duration
    shown = read_views(path, VIEWS)["visual"]
    assert 0 < length < 36 * Fraction(STEP, 1000) and numbers(shown) == sorted(numbers(shown))


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "bmp", "tiff", "avif"])
def test_a_still_picture_is_a_film_of_the_seconds_asked_for(tmp_path, suffix):
    if suffix == "avif" and not features.check("avif"):
        pytest.skip("needs a Pillow that writes AVIF, from 11.3 on")
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(numbered(37, 64, 48)).save(path)
    info = probe(path)
    assert info.duration is None and (info.width, info.height) == (64, 48)
    for call in (lambda: read_views(path, VIEWS), lambda: check_target(path, tmp_path / "out.mp4")):
        with pytest.raises(InputError, match="is a still picture: say for how many seconds"):
            call()
    got = read_views(path, VIEWS, start=1, seconds=Fraction(5, 2))
    assert numbers(got["visual"]) == [37] * 20 and numbers(got["sync"]) == [37] * 62
    mux(path, noise(2, 40_000), 16000, tmp_path / "out.mp4", seconds=Fraction(5, 2))
    film = probe(tmp_path / "out.mp4")
    assert film.duration == Fraction(5, 2) and (film.width, film.height) == (64, 48)
    assert set(numbers(read_views(tmp_path / "out.mp4", VIEWS)["sync"])) == {37}


def test_a_photo_is_upright(tmp_path):
    """EXIF says how the camera was held: 6 is a quarter turn clockwise."""
    stored = np.zeros((48, 64, 3), np.uint8)
    stored[:24, :32] = 255
    photo = Image.fromarray(stored)
    exif = photo.getexif()
    exif[0x112] = 6
    photo.save(tmp_path / "a.jpg", exif=exif)
    photo.save(tmp_path / "a.tiff", exif=exif)
    for suffix in ("jpg", "tiff"):
        probe(tmp_path / f"a.{suffix}")  # whatever it says, it opens
    got = read_views(tmp_path / "a.jpg", {"v": FrameView(8, 32, "stretch")}, seconds=1)["v"][0, 0]
    if probe(tmp_path / "a.jpg").rotation:  # FFmpeg before 8 doesn't read EXIF
        assert got[4, 28] > 250 and max(got[4, 4], got[28, 4], got[28, 28]) < 5


def png(width, height):
    """A PNG that only says how large it is."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes(height * (1 + width * 3))) if width * height < 10**6 else zlib.compress(b"")
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def avi(width, height):
    made = io.BytesIO()
    write_clip(made, steady(25, 3), codec="ffv1", b_frames=0, format="avi")
    data = bytearray(made.getvalue())
    for at in (data.find(b"avih") + 8 + 32, data.find(b"strf") + 8 + 4):
        data[at : at + 8] = struct.pack("<II", width, height)
    return bytes(data)


def webp(width, height):
    """An animation's header: its canvas, no picture."""
    body = b"VP8X" + struct.pack("<IB3x", 10, 2)
    body += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body += b"ANIM" + struct.pack("<IIH", 6, 0, 0)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


HUGE = {
    "line.png": png(16384, 1),
    "column.png": png(1, 16384),
    "square.png": png(16384, 16384),
    "largest.png": png(2**31 - 1, 2**31 - 1),
    "line.avi": avi(16384, 1),
    "square.avi": avi(32768, 32768),
    "line.webp": webp(16384, 1),
    "square.webp": webp(2**24, 2**24),
}
MEASURED = """
import resource, sys
import av
from PIL import Image, WebPImagePlugin
from kling_foley_core.errors import InputError
from kling_foley_core.media import load_audio, probe
used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = used()
for path in sys.argv[1:]:
    try:
        probe(path)
    except InputError as error:
        print(error)
print(used() - before)
"""


@pytest.mark.skipif(
    tuple(map(int, av.__version__.split(".")[:2])) < (17, 1),
    reason="needs PyAV 17.1: older ones take no limits for what they decode on opening",
)
def test_what_is_too_large_is_refused_unread(tmp_path):
    for name, data in HUGE.items():
        (tmp_path / name).write_bytes(data)
    paths = [str(tmp_path / name) for name in HUGE]
    run = subprocess.run([sys.executable, "-c", MEASURED, *paths], capture_output=True, text=True, check=True)
    *messages, megabytes = run.stdout.splitlines()
    assert len(messages) == len(HUGE)
    for name, message in zip(HUGE, messages, strict=True):
        assert name in message and ("67,108,864 pixels" in message or "can't be read" in message), message
    assert int(megabytes) < 200


def test_an_animation_of_too_many_pixels(tmp_path, monkeypatch):
    animation(tmp_path / "a.webp", count=10)
    monkeypatch.setattr("kling_foley_core.media.animation.MAX_ANIMATION_PIXELS", 64 * 48 * 9)
    with pytest.raises(InputError, match="10 frames of 64x48"):
        probe(tmp_path / "a.webp")


@pytest.mark.parametrize("said", [False, True])
def test_an_animation_of_too_many_bytes(tmp_path, said):
    """The file is as large, or its header says so."""
    path, size = tmp_path / "a.webp", 2**28 + 2
    data = webp(64, 48)
    path.write_bytes(data[:4] + struct.pack("<I", size - 8) + data[8:] if said else data)
    if not said:
        with path.open("r+b") as file:
            file.truncate(size)
    with pytest.raises(InputError, match="animated WebP of 268,435,458 bytes: at most 268,435,456 are read"):
        probe(path)


def test_more_seconds_than_memory_holds(tmp_path):
    with pytest.raises(InputError, match="at most 43200 s"):
        SlotFiller(VIEWS, Fraction(0), Fraction(10**9), (48, 64))


def changing(path, *sizes):
    """Transport streams strung together, a second each, as broadcasts change: a bright disc of 16 pixels."""
    data = b""
    for second, (width, height) in enumerate(sizes):
        y, x = np.mgrid[:height, :width]
        disc = np.where(np.hypot(x - width / 2, y - height / 2) < height / 4, 235, 60).astype(np.uint8)
        part = io.BytesIO()
        picture = np.repeat(disc[..., None], 3, 2)
        times = steady(25, 25, first=second)
        write_clip(part, times, size=(width, height), format="mpegts", pictures=[picture] * 25, b_frames=0)
        data += part.getvalue()
    path.write_bytes(data)


def extent(picture):
    """(height, width) of what is bright in uint8 [3, S, S]."""
    bright = picture[0] > 150
    return int(bright.any(1).sum()), int(bright.any(0).sum())


def test_sizes_that_change_on_the_way_keep_their_shape(tmp_path):
    changing(tmp_path / "a.ts", (96, 64), (64, 96), (192, 128))
    views = {"stretch": FrameView(8, 96, "stretch"), "crop": FrameView(8, 64, "crop")}
    got = read_views(tmp_path / "a.ts", views, seconds=3)
    stretched = [extent(got["stretch"][k]) for k in (2, 12, 20)]
    cropped = [extent(got["crop"][k]) for k in (2, 12, 20)]
    # 96x64 becomes 96x96: the disc of 32 is 48 high and 32 wide, of the same shape whatever its size
    assert all(height > 15 and abs(height - 1.5 * width) <= 2 for height, width in stretched)
    assert all(height > 15 and abs(height - width) <= 2 for height, width in cropped)
    assert torch.equal(got["stretch"][12, :, :, :8], torch.zeros(3, 96, 8, dtype=torch.uint8))  # a bar
