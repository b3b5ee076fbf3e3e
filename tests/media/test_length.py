"""What can be read decides how long a film is; an early end and damage are said, of good files nothing."""

from __future__ import annotations

import struct
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import pytest
import torch
from media.clips import numbers, steady, write_clip
from media.signals import noise

from kling_foley_core.media.audio import load_audio, save_audio
from kling_foley_core.media.frames import VideoFrames
from kling_foley_core.media.mux import mux
from kling_foley_core.media.probe import probe
from kling_foley_core.media.reader import read_views
from kling_foley_core.media.views import FrameView

EVERY = {"v": FrameView(25, 16, "stretch")}
HOW = {"webm": {"codec": "libvpx", "sound_codec": "libopus"}, "avi": {"codec": "mpeg4", "b_frames": 0}}
NOISY = list(np.random.default_rng(0).integers(0, 255, (75, 48, 64, 3), np.uint8))


def write_film(path, noisy=False, **how):
    """3 s with a sound as long, interleaved."""
    path.write_bytes(made_film(path.suffix[1:], noisy, tuple(how.items())))


@lru_cache
def made_film(suffix, noisy, how):
    how = HOW.get(suffix, {}) | dict(how)
    with TemporaryDirectory() as folder:
        # Matroska would not tell all decoding times when it is read
        apart = Path(folder, "apart.mp4" if suffix in ("mkv", "flv") else f"apart.{suffix}")
        path = Path(folder, f"film.{suffix}")
        pictures = NOISY if noisy else None
        write_clip(apart, steady(25, 75), pictures=pictures, sound=noise(2, 144_000).numpy(), **how)
        with av.open(str(apart)) as a, av.open(str(path), "w", options=OPTIONS.get(suffix, {})) as b:
            streams = {s: b.add_stream_from_template(s, opaque=True) for s in a.streams}
            packets = (packet for packet in a.demux() if packet.dts is not None)
            for packet in sorted(packets, key=lambda p: p.dts * p.time_base):
                packet.stream = streams[packet.stream]
                b.mux(packet)
        return path.read_bytes()


OPTIONS = {"mp4": {"movflags": "faststart"}, "mov": {"movflags": "faststart"}}
SUFFIXES = ["mp4", "mov", "mkv", "webm", "flv", "avi", "ts"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_good_files_are_not_spoken_of(tmp_path, suffix, caplog, monkeypatch):
    write_film(tmp_path / f"a.{suffix}", noisy=True)
    counted = []
    plain = VideoFrames._count
    monkeypatch.setattr(VideoFrames, "_count", lambda self, p: (counted.append(p.pts), plain(self, p))[1])
    info = probe(tmp_path / f"a.{suffix}")
    assert abs(info.duration - 3) <= Fraction(1, 20) and info.notes == ()
    assert len(counted) < 60 or suffix == "flv"  # the last frames, not all; flv has no index to seek by
    read_views(tmp_path / f"a.{suffix}", EVERY)
    load_audio(tmp_path / f"a.{suffix}")
    assert not caplog.messages


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path, suffix, caplog):
    write_film(tmp_path / f"a.{suffix}", noisy=True)
    data = (tmp_path / f"a.{suffix}").read_bytes()
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(data[: len(data) * 6 // 10])
    info = probe(cut)
    assert 1.4 < info.duration < 2.1
    frames = read_views(cut, EVERY)["v"]
    assert len(frames) == int(info.duration * 25)
    (note,) = info.notes
    if suffix == "ts":  # says nothing of its length; its last packet is read in part
        assert "cut off in the middle" in note and len(caplog.messages) == 1
    else:
        assert f"ends at {float(info.duration):.3f} s, where its header says" in note
        assert not caplog.messages  # the cut packet is no part of the film that is read
    mux(cut, noise(1, round(16000 * info.duration)), 16000, tmp_path / "out.mkv")
    assert abs(probe(tmp_path / "out.mkv").duration - info.duration) <= Fraction(1, 20)


@pytest.mark.parametrize("stated", [0, 30, 46983, 2**31 - 1, 2**32 - 1])
def test_an_avi_with_a_made_up_length(tmp_path, stated):
    """As recorders leave it that write to a pipe: no index, and any number of frames."""
    path = tmp_path / "a.avi"
    write_film(path, noisy=True)
    true = probe(path).duration
    data = bytearray(path.read_bytes())
    for at in (data.find(b"avih") + 8 + 16, data.find(b"strh") + 8 + 32):
        data[at : at + 4] = struct.pack("<I", stated)
    index = data.rfind(b"idx1")
    data[index : index + 4] = b"JUNK"
    path.write_bytes(data)
    info = probe(path)
    assert info.duration == true and abs(true - 3) <= Fraction(1, 25)
    assert len(info.notes) == (stated > 100)
    assert len(read_views(path, EVERY)["v"]) == int(25 * true)


@pytest.mark.parametrize("seconds", [0.5, 3600.0])
def test_a_webm_with_a_made_up_length(tmp_path, seconds):
    path = tmp_path / "a.webm"
    write_film(path)
    true = probe(path).duration
    data = bytearray(path.read_bytes())
    at = data.index(b"\x44\x89\x88") + 3  # Duration, 8 bytes, in milliseconds
    data[at : at + 8] = struct.pack(">d", seconds * 1000)
    path.write_bytes(data)
    info = probe(path)
    assert info.duration == true and len(info.notes) == (seconds > 3)


class Pipe:
    """A file that can't seek."""

    def __init__(self):
        self.written = bytearray()

    def write(self, data):
        self.written += data


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("mp4", {"movflags": "frag_keyframe+empty_moov"}),
        ("mp4", {"movflags": "frag_keyframe+empty_moov+default_base_moof+dash"}),
        ("mp4", {"movflags": "frag_every_frame+empty_moov+delay_moov"}),
        ("matroska", {}),
        ("webm", {"live": "1"}),
        ("flv", {"flvflags": "no_duration_filesize"}),
    ],
)
def test_live_recordings(tmp_path, format, options):
    """Written without going back: no length in the header, or one that says little."""
    suffix = {"matroska": "mp4"}.get(format, format)
    write_film(tmp_path / f"a.{suffix}", b_frames=2)
    live = Pipe()
    with av.open(str(tmp_path / f"a.{suffix}")) as a, av.open(live, "w", format=format, options=options) as b:
        streams = {s: b.add_stream_from_template(s, opaque=True) for s in a.streams}
        for packet in a.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream]
                b.mux(packet)
    (tmp_path / "live").write_bytes(live.written)
    info = probe(tmp_path / "live")
    assert abs(info.duration - 3) <= Fraction(1, 500) and info.notes == ()
    assert numbers(read_views(tmp_path / "live", EVERY, seconds=3)["v"]) == list(range(75))
    assert numbers(read_views(tmp_path / "live", EVERY, start=2, seconds=1)["v"]) == list(range(50, 75))


def without(source, target, begin, end):
    """Leaves out the packets between two times, as a container does that skips what it can't read."""
    with av.open(str(source)) as a, av.open(str(target), "w") as b:
        streams = {s: b.add_stream_from_template(s, opaque=True) for s in a.streams}
        for packet in a.demux():
            if packet.dts is not None and not begin <= packet.dts * packet.time_base < end:
                packet.stream = streams[packet.stream]
                b.mux(packet)


@pytest.mark.parametrize("suffix", ["mkv", "webm", "flv"])
def test_a_hole_in_the_middle_is_said_once(tmp_path, suffix, caplog):
    write_film(tmp_path / f"a.{suffix}", b_frames=0, gop=5)
    without(tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}", Fraction(99, 100), Fraction(199, 100))
    seen = numbers(read_views(tmp_path / f"b.{suffix}", EVERY, seconds=2.9)["v"])
    assert seen[:25] == list(range(25)) and seen[50:72] == list(range(50, 72))
    (message,) = caplog.messages
    assert f"b.{suffix}' has no picture from 0.9" in message and "damaged" not in message
    assert message.endswith(" s, by a pause or damage: the picture before is held there.")
    caplog.clear()
    read_views(tmp_path / f"b.{suffix}", EVERY, start=2, seconds=0.9)  # nothing is missing here
    assert not caplog.messages


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_a_film_that_stands_still_has_no_holes(tmp_path, suffix, caplog):
    """Screen recordings write no frame while nothing moves; the index says that none is missing."""
    times = [*steady(30, 60), *steady(30, 60, 5)]
    write_clip(tmp_path / f"a.{suffix}", times, b_frames=0)
    seen = numbers(read_views(tmp_path / f"a.{suffix}", EVERY)["v"])
    assert len(seen) == 175 and set(seen[50:125]) == {59, 60}
    assert not caplog.messages


def test_a_slide_show_has_no_holes(tmp_path, caplog):
    times = [Fraction(i) for i in (0, 1, 3, 4, 5, 9, 10, 12, 13, 14, 15, 19)]
    write_clip(tmp_path / "a.mkv", times, last=Fraction(1), b_frames=0)
    read_views(tmp_path / "a.mkv", EVERY)
    assert not caplog.messages


def spoilt(path, target, kind, at):
    """Overwrites the middle of the packet of a kind that is shown at `at` seconds."""
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = container.demux(getattr(container.streams, kind)[0])
        packet = next(p for p in packets if p.pts * p.time_base >= at)
        start = data.index(bytes(packet))
    size = packet.size // 2
    data[start + packet.size // 4 : start + packet.size // 4 + size] = bytes(size)
    target.write_bytes(data)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "flv", "avi"])
def test_a_spoilt_packet_is_said_and_the_rest_is_read(tmp_path, suffix, caplog):
    write_film(tmp_path / f"a.{suffix}", noisy=True, b_frames=0, gop=5)
    spoilt(tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}", "video", 1)
    whole, got = (read_views(tmp_path / f"{name}.{suffix}", EVERY)["v"] for name in "ab")
    (message,) = caplog.messages
    assert "is damaged" in message and "pictures from" in message
    assert len(got) == len(whole) and torch.equal(got[:24], whole[:24]) and torch.equal(got[35:], whole[35:])


def test_a_spoilt_sound_packet_is_said_and_silent(tmp_path, caplog):
    write_film(tmp_path / "a.mkv", sound_codec="flac")
    spoilt(tmp_path / "a.mkv", tmp_path / "b.mkv", "audio", 1)
    whole, got = (load_audio(tmp_path / f"{name}.mkv")[0] for name in "ab")
    assert whole.shape == got.shape
    assert torch.equal(got[:, :46_000], whole[:, :46_000]) and torch.equal(got[:, 56_000:], whole[:, 56_000:])
    (message,) = caplog.messages
    assert "1 packets of its sound from 1.0" in message and got[:, 51_000:55_000].abs().max() == 0


@pytest.mark.parametrize("suffix", ["flac", "mp4"])
def test_sound_that_was_cut_off_says_so(tmp_path, suffix, caplog):
    if suffix == "mp4":
        write_film(tmp_path / "a.mp4", noisy=True)
    else:
        save_audio(tmp_path / f"a.{suffix}", noise(2, 144_000), 48_000)
    data = (tmp_path / f"a.{suffix}").read_bytes()
    (tmp_path / f"cut.{suffix}").write_bytes(data[: len(data) * 6 // 10])
    wave, rate = load_audio(tmp_path / f"cut.{suffix}")
    assert 1.5 < wave.shape[1] / rate < 2
    (message,) = caplog.messages
    assert "its sound ends at 1." in message and "3.000 s" in message
    caplog.clear()
    load_audio(tmp_path / f"cut.{suffix}", seconds=1)  # whole
    assert not caplog.messages
