"""Pictures that no slot shows are not decoded where that changes nothing, and what is shown is what decoding
all of them gives.
"""

from __future__ import annotations

import random
from fractions import Fraction
from types import SimpleNamespace

import av
import numpy as np
import pytest
import torch
from media.clips import steady, write_clip
from media.slots import nearest_by_search

from kling_foley_core.errors import InputError
from kling_foley_core.media.filling import SlotFiller
from kling_foley_core.media.frames import VideoFrames
from kling_foley_core.media.reader import read_views
from kling_foley_core.media.source import open_media
from kling_foley_core.media.sparing import Sparing, UnexpectedPictureError, spares
from kling_foley_core.media.views import FrameView

VIEWS = {"visual": FrameView(8, 16, "stretch"), "sync": FrameView(25, 32, "crop", min_frames=16)}
FRAMES = 90  # at 60 a second: 38 of them are shown in a slot of 25 a second, 9 more in one of 8
INTRA = [("mov", "mjpeg", "yuvj420p"), ("mov", "prores_ks", "yuv422p10le"), ("avi", "huffyuv", "yuv422p")]
REORDERED = [
    ("mp4", "libx264", "yuv420p"),
    ("mkv", "libx264", "yuv420p10le"),
    ("ts", "libx264", "yuv420p"),
    ("mp4", "libx265", "yuv420p"),
    ("mkv", "libx265", "yuv420p"),
    ("ts", "libx265", "yuv420p"),
]
WHOLE = [
    ("ts", "mpeg2video", "yuv420p"),
    ("webm", "libvpx-vp9", "yuv420p"),
    ("mkv", "mpeg4", "yuv420p"),
    ("avi", "libx264", "yuv420p"),
]


def film(path, codec, pix_fmt, **more):
    """Noise over noise: every picture refers to those beside it."""
    rng, still = np.random.default_rng(0), np.random.default_rng(1).integers(0, 200, (48, 64, 3))
    pictures = [(still + rng.integers(0, 50, still.shape)).astype(np.uint8) for _ in range(FRAMES)]
    write_clip(path, steady(60, FRAMES), codec=codec, pix_fmt=pix_fmt, pictures=pictures, **more)
    return path


@pytest.fixture
def decoded(monkeypatch):
    """How many pictures came out of the decoder, the first of the probe left out."""
    count, plain = [0], VideoFrames._decode

    def counting(self, packet):
        frames = plain(self, packet)
        count[0] += len(frames)
        return frames

    monkeypatch.setattr(VideoFrames, "_decode", counting)
    return count


def both(path, count, monkeypatch, **window):
    """(how many pictures are decoded, how many of them all) when the same slots come of both."""
    count[0] = 0
    spared = read_views(path, VIEWS, **window)
    few = count[0]
    with monkeypatch.context() as patch:
        patch.setattr("kling_foley_core.media.frames.spares", lambda stream: None)
        count[0] = 0
        whole = read_views(path, VIEWS, **window)
    assert all(torch.equal(spared[name], whole[name]) for name in VIEWS)
    return few, count[0]


@pytest.mark.parametrize(("suffix", "codec", "pix_fmt"), INTRA)
def test_of_pictures_by_themselves_only_those_shown_are_decoded(
    tmp_path, decoded, monkeypatch, suffix, codec, pix_fmt
):
    path = film(tmp_path / f"a.{suffix}", codec, pix_fmt)
    few, all_of_them = both(path, decoded, monkeypatch)
    assert few < 0.72 * all_of_them
    few, all_of_them = both(path, decoded, monkeypatch, start=0.3, seconds=0.8)
    assert few < 0.72 * all_of_them


@pytest.mark.parametrize(("suffix", "codec", "pix_fmt"), REORDERED)
def test_pictures_that_no_other_refers_to_are_spared(tmp_path, decoded, monkeypatch, suffix, codec, pix_fmt):
    path = film(tmp_path / f"a.{suffix}", codec, pix_fmt, b_frames=3)
    for window in ({}, {"start": 0.55, "seconds": 0.8}):
        few, all_of_them = both(path, decoded, monkeypatch, **window)
        assert few < 0.9 * all_of_them


@pytest.mark.parametrize(("suffix", "codec", "pix_fmt"), WHOLE)
def test_other_films_are_decoded_as_a_whole(tmp_path, decoded, monkeypatch, suffix, codec, pix_fmt):
    few, all_of_them = both(film(tmp_path / f"a.{suffix}", codec, pix_fmt), decoded, monkeypatch)
    assert few == all_of_them


def test_a_film_with_layers_of_time_is_decoded_as_a_whole(tmp_path):
    """A picture that none of its own layer refers to may be referred to by the layer above."""
    for layers, way in ((0, "picture"), (3, None)):
        with av.open(str(tmp_path / "a.mp4"), "w") as container:
            options = {"x265-params": f"log-level=none:temporal-layers={layers}"}
            stream = container.add_stream("libx265", rate=60, options=options)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for _ in range(10):
                picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
        with open_media(tmp_path / "a.mp4") as container:
            assert spares(container.streams.video[0]) == way


@pytest.mark.parametrize(("interlaced", "spared"), [(False, True), (True, False)])
def test_pictures_of_two_fields_are_all_decoded(tmp_path, decoded, monkeypatch, interlaced, spared):
    """Each field may be a packet of its own, and one left out would leave half a picture."""
    with av.open(str(tmp_path / "a.ts"), "w", format="mpegts") as container:
        options = {"bf": "2", "x264-params": "tff=1" if interlaced else ""}
        stream = container.add_stream("libx264", rate=60, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(FRAMES):
            grey = np.full((48, 64, 3), 2 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode(None))
    few, all_of_them = both(tmp_path / "a.ts", decoded, monkeypatch)
    assert (few < all_of_them) == spared


@pytest.mark.parametrize(("suffix", "codec"), [("mp4", "libx264"), ("ts", "libx264"), ("mkv", "libx265")])
def test_damaged_films_show_what_decoding_all_of_them_shows(tmp_path, monkeypatch, suffix, codec):
    path, differ = film(tmp_path / f"a.{suffix}", codec, "yuv420p", b_frames=3), 0
    data, rng = path.read_bytes(), random.Random(0)
    for trial in range(8):
        torn = bytearray(data)
        for _ in range(trial // 2 + 1):
            at = rng.randrange(len(data) // 10, 9 * len(data) // 10)
            torn[at : at + 40] = rng.randbytes(40)
        path.write_bytes(torn)
        shown = []
        for way in (spares, lambda stream: None):
            monkeypatch.setattr("kling_foley_core.media.frames.spares", way)
            try:
                shown.append(read_views(path, VIEWS))
            except InputError as e:
                shown.append(str(e))
        if isinstance(shown[0], str):
            assert shown[0] == shown[1]
        else:
            assert all(torch.equal(*(views[name] for views in shown)) for name in VIEWS)
            differ += 1
    assert differ > 3


def test_what_is_not_needed_is_nearest_to_no_slot():
    rng = random.Random(0)
    for _ in range(30):
        times = sorted({Fraction(rng.randrange(200), 60) for _ in range(rng.randrange(5, 60))})
        start = times[0] + Fraction(rng.randrange(60), 77)
        filler = SlotFiller(VIEWS, start, Fraction(1), (48, 64))
        spared = {
            b for a, b, c in zip(times, times[1:], times[2:], strict=False) if not filler.needs(a, b, c)
        }
        kept = [time for time in times if time not in spared]
        for name, view in VIEWS.items():
            slots = filler.slots[name]
            shown = [
                [left[i] for i in nearest_by_search(left, start, view.fps, slots)] for left in (times, kept)
            ]
            assert shown[0] == shown[1]


def picture(pts, **more):
    return SimpleNamespace(**{"pts": pts, "size": 1, "is_corrupt": False, "is_discard": False, **more})


def test_what_does_not_come_out_as_promised_is_noticed():
    def sparing():
        """0, 4, 2, 1, 3 decoded, 1 and 3 spared; 0 has come out."""
        made = Sparing(lambda before, at, following: at % 2 == 0)
        plan = made.planned(map(picture, (0, 4, 2, 1, 3)))
        assert [p.packet and (p.packet.pts, p.spare) for p in plan] == [
            (0, False), (4, False), (2, False), (1, True), (3, True), None
        ]  # fmt: skip
        assert made.passed(picture(0)) == []
        return made

    good = sparing()
    assert (good.passed(picture(2)), good.passed(picture(4)), good.rest()) == ([1], [3], [])
    referred_to = sparing()
    assert (referred_to.passed(picture(1)), referred_to.passed(picture(2))) == ([], [])
    for wrong in (picture(4), picture(0), picture(None), picture(2, is_corrupt=True)):
        with pytest.raises(UnexpectedPictureError):
            sparing().passed(wrong)
    with pytest.raises(UnexpectedPictureError):
        sparing().rest()
