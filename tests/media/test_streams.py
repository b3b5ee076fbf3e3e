"""Which stream is the film: by flag, size and length, never a cover or a thumbnail; which is its sound."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from av.stream import Disposition
from media.clips import numbered, numbers
from media.signals import noise

from kling_foley_core.media.audio import load_audio
from kling_foley_core.media.mux import mux
from kling_foley_core.media.probe import probe
from kling_foley_core.media.reader import read_views
from kling_foley_core.media.views import FrameView

EVERY = {"v": FrameView(25, 16, "stretch")}


def flagged(stream, flag):
    try:
        stream.disposition = flag
    except TypeError:  # PyAV before 17 wants the number
        stream.disposition = flag.value


def write_streams(path, streams, format=None):
    """`streams`: dicts with codec, size, frames, first (its number), flag; 25 fps each."""
    with av.open(str(path), "w", format=format) as out:
        packets = []
        made = []
        for how in streams:
            codec = how.get("codec", "libx264")
            stream = out.add_stream(codec, rate=25, options={"crf": "10"} if codec == "libx264" else {})
            stream.width, stream.height = how.get("size", (64, 48))
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            if "flag" in how:
                flagged(stream, how["flag"])
            made.append(stream)
        for how, stream in zip(streams, made, strict=True):
            for i in range(how.get("frames", 30)):
                picture = numbered(how.get("first", 0) + i, stream.width, stream.height)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = i, Fraction(1, 25)
                packets += stream.encode(frame)
            packets += stream.encode(None)
        for packet in sorted(packets, key=lambda p: p.dts * p.time_base):
            out.mux(packet)


THUMBNAIL = {"codec": "mjpeg", "size": (32, 24), "frames": 1, "first": 200}
FILM = {"size": (64, 48), "frames": 30}


def is_the_film(path, output, streams=2):
    """Probe, views, the sound's time 0 and the copied picture are all the film's; returns what is said."""
    info = probe(path)
    assert (info.width, info.height, info.codec) == (64, 48, "h264")
    assert abs(info.duration - Fraction(30, 25)) <= Fraction(1, 500)
    assert numbers(read_views(path, EVERY, seconds=1.2)["v"]) == list(range(30))
    mux(path, noise(1, 19200), 16000, output)
    with av.open(str(output)) as written:
        assert len(written.streams.video) == 1
    assert numbers(read_views(output, EVERY, seconds=1.2)["v"]) == list(range(30))
    (note,) = info.notes
    assert f"has {streams} video streams" in note and "64x48) is used" in note
    return note


@pytest.mark.parametrize("suffix", ["mov", "mp4", "mkv", "avi"])
def test_a_thumbnail_before_the_film(tmp_path, suffix):
    write_streams(tmp_path / f"a.{suffix}", [THUMBNAIL, FILM])
    note = is_the_film(tmp_path / f"a.{suffix}", tmp_path / "out.mkv")
    assert "stream 1 (h264, 64x48) is used, not stream 0 (mjpeg, 32x24)" in note


@pytest.mark.parametrize("suffix", ["mov", "mkv"])
def test_a_larger_thumbnail_with_the_default_flag(tmp_path, suffix):
    large = THUMBNAIL | {"size": (320, 240), "flag": Disposition.default}
    write_streams(tmp_path / f"a.{suffix}", [large, FILM])
    is_the_film(tmp_path / f"a.{suffix}", tmp_path / "out.mkv")


def test_the_larger_film_of_two(tmp_path):
    write_streams(tmp_path / "a.ts", [FILM | {"size": (32, 24), "first": 100}, FILM])
    is_the_film(tmp_path / "a.ts", tmp_path / "out.mkv")


def test_the_default_flag_comes_before_the_size(tmp_path):
    other = FILM | {"size": (96, 64), "first": 100, "flag": Disposition.dub}
    write_streams(tmp_path / "a.mkv", [other, FILM | {"flag": Disposition.default}])
    is_the_film(tmp_path / "a.mkv", tmp_path / "out.mkv")


def test_the_longer_of_two_like_films(tmp_path):
    other = FILM | {"frames": 10, "first": 100, "flag": Disposition.default}
    write_streams(tmp_path / "a.mov", [other, FILM | {"flag": Disposition.default}])
    is_the_film(tmp_path / "a.mov", tmp_path / "out.mkv")


def test_attached_pictures_and_thumbnail_tracks_are_not_counted(tmp_path):
    cover = THUMBNAIL | {"flag": Disposition.attached_pic}
    write_streams(tmp_path / "a.mp4", [FILM, cover])
    assert probe(tmp_path / "a.mp4").codec == "h264" and probe(tmp_path / "a.mp4").notes == ()


def test_one_stream_is_not_spoken_of(tmp_path):
    write_streams(tmp_path / "a.mkv", [FILM])
    assert probe(tmp_path / "a.mkv").notes == ()


@pytest.mark.parametrize("default", [0, 1])
def test_the_default_sound(tmp_path, default):
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        tracks = [out.add_stream("flac", rate=8000, layout="mono") for _ in range(2)]
        for i, track in enumerate(tracks):
            flagged(track, Disposition.default if i == default else Disposition.original)
        for i, track in enumerate(tracks):
            level = np.full((1, 8000), (i + 1) * 8192, np.int16)
            frame = av.AudioFrame.from_ndarray(level, format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 8000, 0, Fraction(1, 8000)
            for part in (frame, None):
                for packet in track.encode(part):
                    out.mux(packet)
    wave, _ = load_audio(tmp_path / "a.mkv")
    assert wave[0, 4000] == (default + 1) * 0.25
