"""Sound under video: the picture's packets stay bit for bit, the sound has the wave's length and place."""

from __future__ import annotations

import io
import logging
import math
import os
import sys
from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from media.clips import QUARTER_TURNS, numbered, numbers, steady, turned, write_clip
from media.signals import lag, noise

from kling_foley_core.errors import InputError
from kling_foley_core.media.audio import load_audio
from kling_foley_core.media.mux import check_target, mux
from kling_foley_core.media.probe import probe
from kling_foley_core.media.reader import read_views
from kling_foley_core.media.views import FrameView

EVERY = {"v": FrameView(25, 16, "stretch")}


def packets(path):
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(container.streams.video[0]) if p.size]


def pictures(path):
    with av.open(str(path)) as container:
        return [(f.time, f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]


def decoded_samples(path):
    with av.open(str(path)) as container:
        return sum(f.samples for f in container.decode(audio=0))


def sweep(samples, rate, channels=2):
    time = torch.arange(samples) / rate
    return (0.4 * torch.sin(2 * torch.pi * (300 + 900 * time) * time))[None].repeat(channels, 1)


@pytest.mark.parametrize("source", ["mp4", "mkv"])
@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize("rate", [Fraction(24000, 1001), 25])
def test_copies_the_picture_and_replaces_the_sound(tmp_path, source, suffix, rate):
    old = noise(1, 48000).numpy()
    write_clip(tmp_path / f"a.{source}", steady(rate, 40), sound=old, sound_layout="mono")
    length = probe(tmp_path / f"a.{source}").duration
    wave = sweep(round(length * 44100), 44100)
    mux(tmp_path / f"a.{source}", wave, 44100, tmp_path / f"out.{suffix}")
    assert packets(tmp_path / f"out.{suffix}") == packets(tmp_path / f"a.{source}")
    before, after = pictures(tmp_path / f"a.{source}"), pictures(tmp_path / f"out.{suffix}")
    assert len(before) == len(after) == 40
    for (t, p), (u, q) in zip(before, after, strict=True):
        assert abs(t - u) <= 0.001 and np.array_equal(p, q)
    assert abs(probe(tmp_path / f"out.{suffix}").duration - length) <= Fraction(1, 1000)
    check_sound(tmp_path / f"out.{suffix}", wave, 44100)


def check_sound(path, wave, rate):
    """Length and place of the only sound track; `rate` is that of the track."""
    exact = decoded_samples(path)
    if path.suffix in (".mkv", ".webm"):
        assert exact == wave.shape[1]
    else:
        assert 0 <= exact - wave.shape[1] < 1024
        with av.open(str(path)) as container:
            track = container.streams.audio[0]
            assert track.duration * track.time_base * rate == wave.shape[1]
    with av.open(str(path)) as container:
        assert len(container.streams.audio) == 1
    back, got_rate = load_audio(path)
    assert got_rate == rate and back.shape == wave.shape and lag(wave[0], back[0]) == 0
    assert (back - wave).abs().mean() < 0.02


@pytest.mark.parametrize("samples", [1, 1023, 1024, 30_011])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_every_length_of_sound(tmp_path, samples, suffix):
    write_clip(tmp_path / "a.mp4", steady(25, 20))
    for rate in (16000, 44100):
        wave = sweep(samples, rate, channels=1)
        mux(tmp_path / "a.mp4", wave, rate, tmp_path / f"out.{suffix}")
        assert load_audio(tmp_path / f"out.{suffix}")[0].shape == wave.shape


def test_webm(tmp_path):
    write_clip(tmp_path / "a.webm", steady(25, 20), codec="libvpx")
    mux(tmp_path / "a.webm", sweep(35_280, 44100), 44100, tmp_path / "out.webm")
    assert packets(tmp_path / "out.webm") == packets(tmp_path / "a.webm")
    check_sound(tmp_path / "out.webm", sweep(38_400, 48000), 48000)


@pytest.mark.parametrize("degrees", QUARTER_TURNS)
@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_rotation_survives(tmp_path, degrees, suffix):
    write_clip(tmp_path / "a.mp4", steady(25, 10))
    turned(tmp_path / "a.mp4", QUARTER_TURNS[degrees])
    mux(tmp_path / "a.mp4", sweep(4000, 16000), 16000, tmp_path / f"out.{suffix}")
    assert probe(tmp_path / f"out.{suffix}").rotation == degrees
    assert torch.equal(*(read_views(tmp_path / n, EVERY)["v"] for n in ("a.mp4", f"out.{suffix}")))


def test_tags_and_colours_survive(tmp_path):
    write_clip(tmp_path / "a.mp4", steady(25, 10), tags={"title": "Anvil"}, colour=1)
    mux(tmp_path / "a.mp4", sweep(4000, 16000), 16000, tmp_path / "b.mkv")
    mux(tmp_path / "b.mkv", sweep(4000, 16000), 16000, tmp_path / "c.mp4")
    for name in ("b.mkv", "c.mp4"):
        with av.open(str(tmp_path / name)) as container:
            tags = {k.lower(): v for k, v in container.metadata.items()}
            assert tags["title"] == "Anvil"
            assert container.streams.video[0].codec_context.colorspace == 1


def test_window_on_a_keyframe_is_copied(tmp_path):
    for suffix in ("mp4", "mkv"):
        source, output = tmp_path / f"a.{suffix}", tmp_path / f"out.{suffix}"
        write_clip(source, steady(25, 60), gop=10)
        assert mux(source, sweep(16000, 16000), 16000, output, start=Fraction(10, 25), seconds=1) == ()
        got = packets(output)
        assert set(got) <= set(packets(source)) and 25 <= len(got) <= 25 + 3
        shown = numbers(read_views(output, EVERY)["v"])
        assert shown[:25] == list(range(10, 35))
        assert load_audio(output)[0].shape[1] == 16000


@pytest.mark.parametrize("suffix", ["mkv", "webm"])
def test_window_between_keyframes_is_encoded_anew(tmp_path, suffix):
    write_clip(tmp_path / "a.mp4", steady(25, 60), gop=30)
    args = tmp_path / "a.mp4", sweep(16000, 16000), 16000, tmp_path / f"out.{suffix}"
    (note,) = mux(*args, start=0.2, seconds=1)
    assert note.startswith("The picture is encoded anew with lib") and note.endswith(
        ": no keyframe at 0.2 s."
    )
    assert check_target(args[0], args[3], start=0.2, seconds=1) == (note,)
    shown = numbers(read_views(tmp_path / f"out.{suffix}", EVERY)["v"])
    assert shown[:25] == list(range(5, 30))
    assert probe(tmp_path / f"out.{suffix}").zero == 0
    assert abs(probe(tmp_path / f"out.{suffix}").duration - 1) <= Fraction(1, 25)


@pytest.mark.parametrize("source", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("suffix", ["mp4", "mov"])
@pytest.mark.parametrize("start", [Fraction(1, 5), Fraction(11, 50), Fraction(52, 25)])
def test_edit_lists_hold_windows_between_keyframes(tmp_path, source, suffix, start):
    """The pictures from the keyframe on are there, and not shown; the sound lies on the first one shown."""
    source, output = tmp_path / f"a.{source}", tmp_path / f"out.{suffix}"
    write_clip(source, steady(25, 80), gop=30)
    assert mux(source, sweep(16000, 16000), 16000, output, start=start, seconds=1) == ()
    assert source.suffix == ".ts" or set(packets(output)) <= set(packets(source))
    first = math.floor(start * 25)
    assert numbers(read_views(output, EVERY)["v"]) == list(range(first, first + 25))
    assert probe(output).zero == 0 and abs(probe(output).duration - 1) <= Fraction(1, 1000)
    assert load_audio(output)[0].shape[1] == 16000


@pytest.mark.parametrize("degrees", QUARTER_TURNS)
def test_encoding_anew_turns_upright(tmp_path, degrees):
    stored = np.zeros((48, 64, 3), np.uint8)
    stored[:24, :32] = 255
    write_clip(tmp_path / "a.mp4", steady(25, 30), pictures=[stored] * 30, gop=30)
    turned(tmp_path / "a.mp4", QUARTER_TURNS[degrees])
    mux(tmp_path / "a.mp4", sweep(8000, 16000), 16000, tmp_path / "out.mkv", start=0.2, seconds=0.5)
    info, before = probe(tmp_path / "out.mkv"), probe(tmp_path / "a.mp4")
    assert info.rotation == 0 and (info.width, info.height) == (before.width, before.height)
    shown = [read_views(tmp_path / n, EVERY)["v"][0].float() for n in ("a.mp4", "out.mkv")]
    assert (shown[0] - shown[1]).abs().mean() < 8


def test_odd_sizes_are_encoded(tmp_path):
    write_clip(tmp_path / "a.mkv", steady(25, 30), size=(61, 45), codec="libx264", pix_fmt="yuv444p", gop=30)
    mux(tmp_path / "a.mkv", sweep(8000, 16000), 16000, tmp_path / "out.mkv", start=0.2, seconds=0.5)
    assert (probe(tmp_path / "out.mkv").width, probe(tmp_path / "out.mkv").height) == (60, 44)
    assert numbers(read_views(tmp_path / "out.mkv", EVERY)["v"])[:12] == list(range(5, 17))


def test_packets_without_timestamps(tmp_path):
    write_clip(tmp_path / "a.h264", steady(25, 20))
    mux(tmp_path / "a.h264", sweep(8000, 16000), 16000, tmp_path / "out.mp4")
    assert numbers(read_views(tmp_path / "out.mp4", EVERY)["v"]) == list(range(20))


def test_variable_rate_and_late_start(tmp_path):
    times = [Fraction(i, 100) for i in (300, 303, 304, 320, 321, 370, 380, 400)]
    write_clip(tmp_path / "a.mkv", times, last=Fraction(1, 10))
    mux(tmp_path / "a.mkv", sweep(16000, 16000), 16000, tmp_path / "out.mkv")
    assert [round(t, 3) for t, _ in pictures(tmp_path / "out.mkv")] == [float(t - 3) for t in times]


SOURCES = {  # how the clip is written, and whether every container here holds its packets
    "flv": ({}, True),
    "ts": ({}, True),
    "avi": ({"codec": "mpeg4", "b_frames": 0}, True),
    "m.flv": ({"codec": "flv", "b_frames": 0}, False),
    "gif": ({"codec": "gif", "pix_fmt": "rgb8"}, False),
    "b.avi": ({"b_frames": 2}, False),  # FFmpeg only guesses when reordered frames in avi are shown
}


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_every_container_keeps_all_frames(tmp_path, name, suffix):
    source, output = tmp_path / f"a.{name}", tmp_path / f"out.{suffix}"
    how, copied = SOURCES[name]
    write_clip(source, steady(25, 48), size=(128, 96), **how)
    notes = mux(source, sweep(30_720, 16000), 16000, output)
    assert not any("encoded anew" in note for note in notes) == copied
    assert len(packets(output)) == len(packets(source)) == len(pictures(output)) == 48
    assert numbers(read_views(output, EVERY)["v"]) == list(range(48))
    assert abs(probe(output).duration - Fraction(48, 25)) <= Fraction(1, 1000)
    mux(source, sweep(16000, 16000), 16000, output, start=0.2, seconds=1)
    assert numbers(read_views(output, EVERY)["v"])[:25] == list(range(5, 30))


def test_codecs_that_no_container_holds_are_encoded(tmp_path):
    write_clip(tmp_path / "a.gif", steady(25, 20), codec="gif", pix_fmt="rgb8")
    for suffix in ("webm", "mov"):
        mux(tmp_path / "a.gif", sweep(8000, 16000), 16000, tmp_path / f"out.{suffix}")
        assert numbers(read_views(tmp_path / f"out.{suffix}", EVERY)["v"]) == list(range(20))
        assert probe(tmp_path / f"out.{suffix}").codec in ("vp9", "h264")


@pytest.mark.parametrize(
    ("how", "suffix"),
    [
        ({"codec": "libx264", "pix_fmt": "yuvj420p"}, "webm"),
        ({"codec": "libx264", "pix_fmt": "yuvj420p"}, "mp4"),
        ({"codec": "libx264", "pix_fmt": "yuv420p", "colour": 1}, "webm"),
        ({"codec": "ffv1", "pix_fmt": "bgr0"}, "mp4"),
        ({"codec": "libx264rgb", "pix_fmt": "rgb24"}, "mp4"),
        ({"codec": "libx264rgb", "pix_fmt": "rgb24"}, "webm"),
    ],
)
def test_encoding_anew_keeps_colours(tmp_path, how, suffix):
    picture = np.full((48, 64, 3), (200, 60, 60), np.uint8)
    picture[24:] = 250
    write_clip(tmp_path / "a.mkv", steady(25, 20), pictures=[picture] * 20, gop=30, **how)
    mux(tmp_path / "a.mkv", sweep(8000, 16000), 16000, tmp_path / f"out.{suffix}", start=0.2, seconds=0.5)
    before, after = (read_views(tmp_path / n, EVERY)["v"][0].int() for n in ("a.mkv", f"out.{suffix}"))
    assert (before - after)[:, [3, 4, 11, 12]].abs().max() <= 4


@pytest.mark.parametrize("pix_fmt", ["yuv420p10le", "yuv420p"])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_encoding_anew_keeps_ten_bits(tmp_path, suffix, pix_fmt):
    write_clip(tmp_path / "a.mkv", steady(25, 20), codec="libx264", pix_fmt=pix_fmt, gop=30)
    mux(tmp_path / "a.mkv", sweep(8000, 16000), 16000, tmp_path / f"out.{suffix}", start=0.2, seconds=0.5)
    with av.open(str(tmp_path / f"out.{suffix}")) as written:
        assert next(written.decode(video=0)).format.name == pix_fmt
    assert numbers(read_views(tmp_path / f"out.{suffix}", EVERY)["v"])[:12] == list(range(5, 17))


def test_the_last_frame_is_held_to_the_windows_end(tmp_path):
    times = [Fraction(i, 100) for i in (0, 10, 20, 30)]
    write_clip(tmp_path / "a.mkv", times, last=Fraction(2), gop=30, b_frames=0)
    mux(tmp_path / "a.mkv", sweep(16000, 16000), 16000, tmp_path / "out.mkv", start=0.1, seconds=1.5)
    assert abs(probe(tmp_path / "out.mkv").duration - Fraction(3, 2)) <= Fraction(1, 500)


@pytest.mark.parametrize("start", [0, Fraction(1, 5)])  # copied, encoded anew
def test_a_picture_that_ends_too_early_leaves_nothing(tmp_path, start, monkeypatch):
    """The file is cut after it was looked at."""
    noisy = np.random.default_rng(0).integers(0, 255, (100, 48, 64, 3), np.uint8)
    write_clip(tmp_path / "a.avi", steady(25, 100), pictures=list(noisy), codec="mpeg4", b_frames=0, gop=50)
    whole = probe(tmp_path / "a.avi")
    monkeypatch.setattr(sys.modules[mux.__module__], "probe", lambda _: whole)
    data = (tmp_path / "a.avi").read_bytes()
    (tmp_path / "a.avi").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"cut short.*up to [12]\.\d+ s"):
        mux(tmp_path / "a.avi", sweep(16000, 16000), 16000, tmp_path / "out.mp4", start=start)
    assert [p.name for p in tmp_path.iterdir()] == ["a.avi"]


def test_transport_stream_and_file_object(tmp_path):
    write_clip(tmp_path / "a.ts", steady(25, 30))
    source = io.BytesIO((tmp_path / "a.ts").read_bytes())
    mux(source, sweep(16000, 16000), 16000, tmp_path / "out.mp4")
    assert numbers(read_views(tmp_path / "out.mp4", EVERY)["v"]) == list(range(30))


def test_refusals_leave_nothing(tmp_path):
    write_clip(tmp_path / "a.mp4", steady(25, 10))
    write_clip(tmp_path / "f.mkv", steady(25, 10), codec="libvpx")
    before = {p: p.read_bytes() for p in tmp_path.iterdir()}
    wave = sweep(1000, 16000)
    for source, sound, output, how, message in [
        ("a.mp4", wave, "a.mp4", {}, "source itself"),
        ("a.mp4", wave, "out.gif", {}, "use .mp4"),
        ("a.mp4", wave, "no/out.mp4", {}, "doesn't exist"),
        ("a.mp4", wave, "out.webm", {}, "h264 video, which can't be stored in webm"),
        ("f.mkv", wave, "out.mp4", {}, "vp8 video, which can't be stored in mp4"),
        ("a.mp4", wave, "out.mp4", {"start": 3}, "earlier start"),
        ("a.mp4", wave, "out.mp4", {"seconds": 3}, "at most 0.400"),
        ("a.mp4", wave * float("nan"), "out.mp4", {}, "NaN"),
        ("a.mp4", torch.zeros(3, 10), "out.mp4", {}, "channels"),
        ("missing.mp4", wave, "out.mp4", {}, "doesn't exist"),
    ]:
        with pytest.raises(InputError, match=message):
            mux(tmp_path / source, sound, 16000, tmp_path / output, **how)
        if sound is wave:
            with pytest.raises(InputError, match=message):
                check_target(tmp_path / source, tmp_path / output, **how)
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "suffix", "message"),
    [
        ("libx264", "yuv420p", "webm", "h264 video, which can't be stored in webm; write to a .mkv"),
        ("libx264", "yuv420p", "mov", None),
        ("libvpx", "yuv420p", "mov", "vp8 video, which can't be stored in mov"),
        ("libvpx-vp9", "yuv420p", "mov", "vp9 video, which can't be stored in mov"),
        ("libvpx-vp9", "yuv420p", "mp4", None),
        ("libvpx-vp9", "yuv420p", "webm", None),
        ("libsvtav1", "yuv420p", "mov", "av1 video, which can't be stored in mov"),
        ("libsvtav1", "yuv420p", "mp4", None),
        ("ffv1", "yuv420p", "mov", "ffv1 video, which can't be stored in mov"),
        ("ffv1", "yuv420p", "mkv", None),
    ],
)
def test_targets_are_checked_before_any_work(tmp_path, codec, pix_fmt, suffix, message):
    source, output = tmp_path / "a.mkv", tmp_path / f"out.{suffix}"
    if codec not in av.codecs_available:
        pytest.skip(f"this build of FFmpeg has no {codec}; the wheels of PyAV have it")
    write_clip(source, steady(25, 10), size=(128, 96), codec=codec, pix_fmt=pix_fmt)
    if message is None:
        check_target(source, output)
    else:
        with pytest.raises(InputError, match=message):
            check_target(source, output)
    assert list(tmp_path.iterdir()) == [source]
    check_target(io.BytesIO(source.read_bytes()), tmp_path / "out.mkv")
    if message is None:  # what the check lets pass can be written
        mux(source, sweep(6400, 16000), 16000, output)
        assert packets(output) == packets(source)


@pytest.mark.parametrize(
    ("name", "rate", "how"),
    [
        ("a.mp4", 30, {}),
        ("a.mkv", 30, {}),  # a clock of milliseconds
        ("a.avi", 25, {"codec": "mpeg4", "b_frames": 0}),  # a clock of frames
    ],
)
@pytest.mark.parametrize("start", [0.3, 0.5, 0.7, Fraction(2, 30), Fraction(5, 30)])
def test_windows_begin_anywhere(tmp_path, name, rate, how, start):
    """Also where the next frame comes before the source's clock has moved."""
    write_clip(tmp_path / name, steady(rate, 60), gop=60, size=(128, 96), **how)
    mux(tmp_path / name, sweep(8000, 16000), 16000, tmp_path / "out.mp4", start=start, seconds=0.5)
    exact = Fraction(start).limit_denominator(100)
    shown = numbers(read_views(tmp_path / "out.mp4", EVERY)["v"])
    expected = [math.floor((exact + Fraction(i, 25)) * rate) for i in range(12)]
    assert all(abs(a - b) <= 1 for a, b in zip(shown, expected, strict=True))
    with av.open(str(tmp_path / "out.mp4")) as written:
        times = sorted(p.pts for p in written.demux(video=0) if p.size)
        video = written.streams.video[0]
        assert len(set(times)) == len(times)
        assert abs(video.duration * video.time_base - Fraction(1, 2)) <= Fraction(1, 1000)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_last_frame_that_stays_for_long_ends_with_the_window(tmp_path, suffix):
    write_clip(tmp_path / "a.mp4", [*steady(25, 26), Fraction(9)], b_frames=0)
    mux(tmp_path / "a.mp4", sweep(32000, 16000), 16000, tmp_path / f"out.{suffix}", seconds=2)
    assert probe(tmp_path / f"out.{suffix}").duration == 2


@pytest.mark.parametrize("degrees", [0, 90])
def test_encoding_anew_keeps_the_shape_of_pixels(tmp_path, degrees):
    with av.open(str(tmp_path / "a.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"bf": "0", "g": "60"})
        (stream.width, stream.height), stream.pix_fmt = (64, 48), "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for i in range(30):
            frame = av.VideoFrame.from_ndarray(numbered(i, 64, 48), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    if degrees:
        turned(tmp_path / "a.mp4", QUARTER_TURNS[degrees])
    mux(tmp_path / "a.mp4", sweep(8000, 16000), 16000, tmp_path / "out.mkv", start=0.2, seconds=0.5)
    with av.open(str(tmp_path / "out.mkv")) as written:
        wanted = Fraction(3, 4) if degrees else Fraction(4, 3)
        assert written.streams.video[0].sample_aspect_ratio == wanted


def test_names_with_a_colon(tmp_path, monkeypatch):
    """What FFmpeg would take for a protocol."""
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "a.mp4", steady(25, 30))
    os.replace("a.mp4", "in:1.mp4")
    mux("in:1.mp4", sweep(8000, 16000), 16000, "take:2.mp4")
    assert numbers(read_views("take:2.mp4", EVERY)["v"]) == list(range(30))


def test_files_strung_together_are_encoded_anew(tmp_path, caplog):
    """Their times begin anew: the first file is taken, and a notice says how much is not."""
    write_clip(tmp_path / "a.ts", steady(25, 25))
    (tmp_path / "ab.ts").write_bytes(2 * (tmp_path / "a.ts").read_bytes())
    with caplog.at_level(logging.INFO):
        (note,) = mux(tmp_path / "ab.ts", sweep(16000, 16000), 16000, tmp_path / "out.mp4")
    assert "rising timestamps" in note and "frames are left out" in caplog.text
    assert numbers(read_views(tmp_path / "out.mp4", EVERY)["v"]) == list(range(25))


def test_targets_of_windows(tmp_path):
    """A window between keyframes is encoded, so any container will do."""
    write_clip(tmp_path / "a.mp4", steady(25, 30), gop=30)
    check_target(tmp_path / "a.mp4", tmp_path / "out.webm", start=0.2, seconds=0.5)
    with pytest.raises(InputError, match="at most 1.000"):
        check_target(tmp_path / "a.mp4", tmp_path / "out.webm", start=0.2, seconds=3)


def test_progress_runs_to_the_end_and_a_raise_leaves_no_file(tmp_path):
    write_clip(tmp_path / "a.mp4", steady(25, 60))
    seen = []
    args = tmp_path / "a.mp4", sweep(round(2.4 * 44100), 44100), 44100, tmp_path / "out.mp4"
    mux(*args, progress=lambda stage, done, total: seen.append((done, total)))
    assert seen == sorted(seen) and seen[0] == (0, 3) and seen[-1] == (3, 3)
    assert {1, 2} <= {done for done, _ in seen}

    def stop(stage, done, total):
        if done == 1:
            raise KeyboardInterrupt

    (tmp_path / "out.mp4").unlink()
    with pytest.raises(KeyboardInterrupt):
        mux(*args, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
