"""Reading windows of made-up clips: which frame fills which slot can be read back from the pictures."""

from __future__ import annotations

import gc
import io
from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from media.clips import QUARTER_TURNS, RATES, numbers, steady, turned, write_clip
from media.slots import nearest_by_search

from kling_foley_core.errors import InputError
from kling_foley_core.media.frames import VideoFrames
from kling_foley_core.media.freeing import EVERY
from kling_foley_core.media.probe import probe
from kling_foley_core.media.reader import read_slots, read_views, rgb_picture
from kling_foley_core.media.reference import read_views_reference
from kling_foley_core.media.views import FrameView

VISUAL, SYNC = FrameView(8, 16, "stretch"), FrameView(25, 32, "crop", min_frames=16)
VIEWS = {"visual": VISUAL, "sync": SYNC}


def check(source, times, *, start=Fraction(0), seconds=None, length=None):
    """Reads and compares with the slots found from all frame times."""
    got = read_views(source, VIEWS, start=start, seconds=seconds)
    for name, view in VIEWS.items():
        slots = view.slots(seconds if seconds is not None else length - start)
        assert got[name].shape == (slots, 3, view.size, view.size) and got[name].dtype == torch.uint8
        assert numbers(got[name]) == nearest_by_search(times, start, view.fps, slots)


@pytest.mark.parametrize("rate", RATES)
def test_every_rate(tmp_path, rate):
    times = write_clip(tmp_path / "a.mp4", steady(rate, int(1.1 * rate)))
    length = Fraction(len(times)) / Fraction(rate)
    assert probe(tmp_path / "a.mp4").duration == length
    check(tmp_path / "a.mp4", times, length=length)
    check(tmp_path / "a.mp4", times, start=Fraction(1, 2), seconds=Fraction(1, 2))


@pytest.mark.parametrize(("suffix", "b_frames"), [("mp4", 0), ("mkv", 0), ("mkv", 2), ("mp4", 2)])
def test_variable_rate(tmp_path, suffix, b_frames):
    times = [Fraction(i, 100) for i in (0, 3, 4, 20, 21, 70, 80, 81, 82, 130, 200)]
    write_clip(tmp_path / f"a.{suffix}", times, last=Fraction(1, 2), b_frames=b_frames)
    length = probe(tmp_path / f"a.{suffix}").duration
    if (suffix, b_frames) == ("mp4", 2):  # keeps no frame's time on screen when frames are reordered
        assert Fraction(2) < length <= Fraction(5, 2)
    else:
        assert length == Fraction(5, 2)
    check(tmp_path / f"a.{suffix}", times, length=length)
    check(tmp_path / f"a.{suffix}", times, start=Fraction(3, 4), seconds=Fraction(1))


@pytest.mark.parametrize("suffix", ["mkv", "ts", "avi", "mov", "webm", "flv", "gif"])
def test_containers(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    how = {"webm": {"codec": "libvpx"}, "gif": {"codec": "gif", "pix_fmt": "rgb8"}}.get(suffix, {})
    times = write_clip(path, steady(25, 40), **how)
    check(path, times, length=probe(path).duration)
    for start in (Fraction(1), Fraction(1, 5)):  # the second within the first group of frames
        check(path, times, start=start, seconds=Fraction(1, 2))


def test_raw_stream_without_timestamps(tmp_path):
    times = write_clip(tmp_path / "a.h264", steady(25, 40))
    assert probe(tmp_path / "a.h264").duration == Fraction(40, 25)
    check(tmp_path / "a.h264", times, length=Fraction(40, 25))
    check(tmp_path / "a.h264", times, start=Fraction(1), seconds=Fraction(1, 2))


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_time_zero_is_the_first_frame(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    write_clip(path, steady(25, 40, first=3))
    info = probe(path)
    assert info.zero > 1 and info.duration == Fraction(40, 25)
    check(path, steady(25, 40), length=info.duration)
    check(path, steady(25, 40), start=Fraction(1), seconds=Fraction(1, 2))


@pytest.mark.parametrize("degrees", QUARTER_TURNS)
def test_rotation(tmp_path, degrees):
    stored = np.zeros((48, 64, 3), np.uint8)
    stored[:24, :32] = 255  # upper left corner bright
    write_clip(tmp_path / "a.mp4", steady(25, 5), pictures=[stored] * 5)
    turned(tmp_path / "a.mp4", QUARTER_TURNS[degrees])
    info = probe(tmp_path / "a.mp4")
    assert info.rotation == degrees
    assert (info.width, info.height) == ((64, 48) if degrees == 180 else (48, 64))
    upright = np.rot90(stored, k=-degrees // 90)
    got = read_views(tmp_path / "a.mp4", {"v": FrameView(8, 32, "stretch")})["v"][0]
    corners = {(y, x): int(got[0, 3 + 25 * y, 3 + 25 * x]) > 128 for y in (0, 1) for x in (0, 1)}
    assert corners == {(y, x): bool(upright[-y, -x, 0] > 128) for y in (0, 1) for x in (0, 1)}


def test_mirrored(tmp_path):
    stored = np.zeros((48, 64, 3), np.uint8)
    stored[:, :32] = 255
    write_clip(tmp_path / "a.mp4", steady(25, 3), pictures=[stored] * 3)
    turned(tmp_path / "a.mp4", (-1, 0, 0, 1))
    got = read_views(tmp_path / "a.mp4", {"v": FrameView(8, 32, "stretch")})["v"][0]
    assert int(got[0, 16, 4]) < 128 < int(got[0, 16, 28])


def test_one_frame(tmp_path):
    write_clip(tmp_path / "a.mp4", [Fraction(0)], last=Fraction(1, 25))
    assert probe(tmp_path / "a.mp4").duration == Fraction(1, 25)
    got = read_views(tmp_path / "a.mp4", VIEWS)
    assert numbers(got["visual"]) == [0] and numbers(got["sync"]) == [0] * 16


@pytest.mark.parametrize("size", [(61, 45), (45, 61), (1, 1), (3, 200)])
def test_odd_sizes(tmp_path, size):
    picture = np.full((size[1], size[0], 3), (200, 100, 50), np.uint8)
    write_clip(
        tmp_path / "a.mkv", steady(25, 4), size=size, codec="ffv1", pix_fmt="yuv444p", pictures=[picture] * 4
    )
    info = probe(tmp_path / "a.mkv")
    assert (info.width, info.height) == size
    for frames in read_views(tmp_path / "a.mkv", VIEWS).values():
        assert (frames.float().mean((0, 2, 3)) - torch.tensor([200.0, 100, 50])).abs().max() < 4


def test_colour_tags_are_obeyed(tmp_path):
    """The same stored YUV means other colours when it is tagged BT.709 instead of BT.601."""
    stored = av.VideoFrame.from_ndarray(np.full((48, 64, 3), (200, 60, 60), np.uint8), format="rgb24")
    stored = stored.reformat(format="yuv420p")  # by BT.601
    shown = {}
    for tag in (1, 5):  # BT.709, BT.601
        with av.open(str(tmp_path / f"{tag}.mp4"), "w") as container:
            stream = container.add_stream("libx264", rate=25, options={"crf": "1"})
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            stream.codec_context.colorspace = stored.colorspace = tag
            container.mux(stream.encode(stored))
            container.mux(stream.encode(None))
        shown[tag] = read_views(tmp_path / f"{tag}.mp4", {"v": VISUAL})["v"].float().mean((0, 2, 3))
        plain, _ = read_views_reference(tmp_path / f"{tag}.mp4", {"v": VISUAL}, seconds=1)
        assert (plain["v"].float().mean((0, 2, 3)) - torch.tensor([200.0, 60, 60])).abs().max() < 4
    # R = Y + 1.793 V' for BT.709 and Y + 1.596 V' for BT.601, with V' = 0.713 * 0.857 (R - Y)
    assert (shown[5] - torch.tensor([200.0, 60, 60])).abs().max() < 4
    assert 8 < shown[1][0] - shown[5][0] < 20


def test_file_object(tmp_path):
    times = write_clip(tmp_path / "a.mp4", steady(25, 30))
    source = io.BytesIO((tmp_path / "a.mp4").read_bytes())
    source.seek(100)  # wherever the caller left it
    for _ in range(2):
        check(source, times, length=Fraction(30, 25))
    assert not source.closed


def test_only_the_window_is_decoded(tmp_path, monkeypatch):
    write_clip(tmp_path / "a.mp4", steady(25, 200), gop=10)
    decoded, converted = [], []
    plain, plain_picture = VideoFrames._decoded, rgb_picture

    def counting(self):
        for item in plain(self):
            decoded.append(item[0])
            yield item

    monkeypatch.setattr(VideoFrames, "_decoded", counting)

    def converting(frame):
        converted.append(frame.pts)
        return plain_picture(frame)

    monkeypatch.setattr("kling_foley_core.media.reader.rgb_picture", converting)
    read_views(tmp_path / "a.mp4", {"v": VISUAL}, start=5, seconds=1)
    # two first frames (probing, zero), at most a group before the window, the window up to one frame behind
    # its last slot
    assert len(decoded) <= 2 + 10 + 25 + 1
    assert len(converted) == 8


def test_progress_and_cancelling(tmp_path):
    write_clip(tmp_path / "a.mp4", steady(25, 30))
    seen = []
    read_views(tmp_path / "a.mp4", VIEWS, progress=lambda *step: seen.append(step))
    assert seen[-1] == ("read video", 9 + 30, 9 + 30) and [s[1] for s in seen] == sorted(s[1] for s in seen)

    def cancel(stage, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_views(tmp_path / "a.mp4", VIEWS, progress=cancel)


def test_probe_tells_the_videos_length_not_the_sounds(tmp_path):
    sound = np.zeros((2, 3 * 48000), np.float32)
    for suffix in ("mp4", "mkv"):
        write_clip(tmp_path / f"a.{suffix}", steady(25, 30), sound=sound)
        info = probe(tmp_path / f"a.{suffix}")
        assert info.duration == Fraction(30, 25)
        assert (info.has_audio, info.audio_rate, info.audio_channels) == (True, 48000, 2)
        assert info.codec == "h264" and info.frame_rate == 25


def test_cover_art_is_no_video(tmp_path):
    with av.open(str(tmp_path / "a.mp3"), "w") as container:
        sound = container.add_stream("libmp3lame", rate=44100, layout="mono")
        cover = container.add_stream("mjpeg")
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        try:
            cover.disposition = av.stream.Disposition.attached_pic
        except TypeError:  # PyAV before 17 wants the number
            cover.disposition = av.stream.Disposition.attached_pic.value
        container.mux(
            cover.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24"))
        )
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44100), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 44100, 0
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    with pytest.raises(InputError, match="no video stream"):
        probe(tmp_path / "a.mp3")


def test_streams_without_a_decoder_are_skipped(tmp_path):
    with av.open(str(tmp_path / "two.mp4"), "w") as container:
        streams = {
            level: container.add_stream(codec, rate=25)
            for codec, level in (("libvpx-vp9", 0), ("libx264", 200))
        }
        for stream in streams.values():
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level, stream in streams.items():
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), level, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    data = (tmp_path / "two.mp4").read_bytes()
    (tmp_path / "two.mp4").write_bytes(data.replace(b"vp09", b"zz9z"))
    assert probe(tmp_path / "two.mp4").codec == "h264"
    assert read_views(tmp_path / "two.mp4", {"v": VISUAL})["v"].float().mean() > 190
    (tmp_path / "two.mp4").write_bytes(data.replace(b"vp09", b"zz9z").replace(b"avc1", b"zz8z"))
    with pytest.raises(InputError, match="can't decode"):
        probe(tmp_path / "two.mp4")


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ({"start": 5}, "earlier start"),
        ({"start": -1}, "start = -1"),
        ({"start": float("nan")}, "start = nan"),
        ({"seconds": 0}, "seconds = 0"),
        ({"seconds": -2.0}, "seconds = -2"),
        ({"seconds": float("inf")}, "seconds = inf"),
        ({"start": 1, "seconds": 1}, "at most 0.200"),
    ],
)
def test_bad_windows(tmp_path, window, message):
    write_clip(tmp_path / "a.mp4", steady(25, 30))
    with pytest.raises(InputError, match=message):
        read_views(tmp_path / "a.mp4", VIEWS, **window)


def test_a_rounded_length_is_held(tmp_path):
    times = write_clip(tmp_path / "a.mp4", steady(24, 29))
    check(tmp_path / "a.mp4", times, seconds=1.25)


def test_unreadable_sources(tmp_path):
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_bytes(b"this is no video\n" * 100)
    for source, message in [
        (tmp_path / "missing.mp4", "doesn't exist"),
        (tmp_path, "folder"),
        (tmp_path / "empty.mp4", "0 bytes"),
        (tmp_path / "text.mp4", "can't be opened"),
        (io.BytesIO(b""), "0 bytes"),
        (io.BytesIO(b"nothing" * 50), "can't be opened"),
        (7, "neither a path"),
    ]:
        with pytest.raises(InputError, match=message):
            read_views(source, VIEWS)


def test_cut_short_file_tells_how_far_it_goes(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (100, 48, 64, 3), np.uint8)
    write_clip(tmp_path / "a.mp4", steady(25, 100), pictures=list(noise))
    write_front_index(tmp_path / "a.mp4", tmp_path / "front.mp4")
    data = (tmp_path / "front.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) // 2])
    info = probe(tmp_path / "cut.mp4")
    assert 1 < info.duration < 3 and f"ends at {float(info.duration):.3f} s" in info.notes[0]
    assert len(read_views(tmp_path / "cut.mp4", VIEWS)["visual"]) == int(8 * info.duration)
    with pytest.raises(InputError, match="ask for at most"):
        read_views(tmp_path / "cut.mp4", VIEWS, seconds=4)


def write_front_index(source, target):
    """The index before the data, as for playing while loading: then the data's end can be missing."""
    with av.open(str(source)) as a, av.open(str(target), "w", options={"movflags": "faststart"}) as b:
        stream = b.add_stream_from_template(a.streams.video[0], opaque=True)
        for packet in a.demux(a.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                b.mux(packet)


def test_slots_one_after_the_other_are_the_views(tmp_path):
    write_clip(tmp_path / "a.mp4", steady(25, 30))
    whole, taken = read_views(tmp_path / "a.mp4", VIEWS, start=0.2), {name: [] for name in VIEWS}
    for name, frames in read_slots(tmp_path / "a.mp4", VIEWS, start=0.2):
        taken[name].append(frames)
    assert {name: len(parts) > 5 for name, parts in taken.items()} == dict.fromkeys(VIEWS, True)
    for name, parts in taken.items():
        assert torch.equal(torch.cat(parts), whole[name])


def test_more_than_an_hour_is_read_in_pieces_only(tmp_path, monkeypatch):
    write_clip(tmp_path / "a.mp4", steady(25, 30))
    monkeypatch.setattr("kling_foley_core.media.filling.MAX_HELD_SECONDS", 1)
    with pytest.raises(InputError, match="at most 1 s of a film are read at once"):
        read_views(tmp_path / "a.mp4", VIEWS)
    assert sum(len(frames) for _, frames in read_slots(tmp_path / "a.mp4", VIEWS)) == 9 + 30


def test_frames_that_were_read_are_free_again(tmp_path):
    """The collector alone would let hundreds of them wait, each with its converter's thread."""
    write_clip(tmp_path / "a.mp4", steady(25, 120))
    alive = []

    def count(*_):
        alive.append(sum(type(found) is av.VideoFrame for found in gc.get_objects()))

    gc.collect()
    read_views(tmp_path / "a.mp4", VIEWS, progress=count)
    assert len(alive) > 100 and max(alive) - alive[0] <= EVERY + 2
    assert gc.get_freeze_count() == 0
