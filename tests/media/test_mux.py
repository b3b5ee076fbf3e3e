"""Sound under video: the picture's packets stay bit for bit, the sound has the wave's length and place."""

from __future__ import annotations

import io
import logging
from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from media.clips import QUARTER_TURNS, numbers, steady, turned, write_clip
from media.signals import lag, noise

from kling_foley_core.errors import InputError
from kling_foley_core.media.audio import load_audio
from kling_foley_core.media.mux import mux
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


def test_window_on_a_keyframe_is_copied(tmp_path, caplog):
    for suffix in ("mp4", "mkv"):
        source, output = tmp_path / f"a.{suffix}", tmp_path / f"out.{suffix}"
        write_clip(source, steady(25, 60), gop=10)
        with caplog.at_level(logging.INFO):
            mux(source, sweep(16000, 16000), 16000, output, start=Fraction(10, 25), seconds=1)
        assert not caplog.records
        got = packets(output)
        assert set(got) <= set(packets(source)) and 25 <= len(got) <= 25 + 3
        shown = numbers(read_views(output, EVERY)["v"])
        assert shown[:25] == list(range(10, 35))
        assert load_audio(output)[0].shape[1] == 16000


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_window_between_keyframes_is_encoded_anew(tmp_path, caplog, suffix):
    write_clip(tmp_path / "a.mp4", steady(25, 60), gop=30)
    with caplog.at_level(logging.INFO):
        mux(tmp_path / "a.mp4", sweep(16000, 16000), 16000, tmp_path / f"out.{suffix}", start=0.2, seconds=1)
    assert "no keyframe at 0.2 s" in caplog.text
    shown = numbers(read_views(tmp_path / f"out.{suffix}", EVERY)["v"])
    assert shown[:25] == list(range(5, 30))
    assert probe(tmp_path / f"out.{suffix}").zero == 0
    assert abs(probe(tmp_path / f"out.{suffix}").duration - 1) <= Fraction(1, 25)


@pytest.mark.parametrize("degrees", QUARTER_TURNS)
def test_encoding_anew_turns_upright(tmp_path, degrees):
    stored = np.zeros((48, 64, 3), np.uint8)
    stored[:24, :32] = 255
    write_clip(tmp_path / "a.mp4", steady(25, 30), pictures=[stored] * 30, gop=30)
    turned(tmp_path / "a.mp4", QUARTER_TURNS[degrees])
    mux(tmp_path / "a.mp4", sweep(8000, 16000), 16000, tmp_path / "out.mp4", start=0.2, seconds=0.5)
    info, before = probe(tmp_path / "out.mp4"), probe(tmp_path / "a.mp4")
    assert info.rotation == 0 and (info.width, info.height) == (before.width, before.height)
    shown = [read_views(tmp_path / n, EVERY)["v"][0].float() for n in ("a.mp4", "out.mp4")]
    assert (shown[0] - shown[1]).abs().mean() < 8


def test_odd_sizes_are_encoded(tmp_path):
    write_clip(tmp_path / "a.mkv", steady(25, 30), size=(61, 45), codec="libx264", pix_fmt="yuv444p", gop=30)
    mux(tmp_path / "a.mkv", sweep(8000, 16000), 16000, tmp_path / "out.mp4", start=0.2, seconds=0.5)
    assert (probe(tmp_path / "out.mp4").width, probe(tmp_path / "out.mp4").height) == (60, 44)
    assert numbers(read_views(tmp_path / "out.mp4", EVERY)["v"])[:12] == list(range(5, 17))


def test_packets_without_timestamps(tmp_path):
    write_clip(tmp_path / "a.h264", steady(25, 20))
    mux(tmp_path / "a.h264", sweep(8000, 16000), 16000, tmp_path / "out.mp4")
    assert numbers(read_views(tmp_path / "out.mp4", EVERY)["v"]) == list(range(20))


def test_variable_rate_and_late_start(tmp_path):
    times = [Fraction(i, 100) for i in (300, 303, 304, 320, 321, 370, 380, 400)]
    write_clip(tmp_path / "a.mkv", times, last=Fraction(1, 10))
    mux(tmp_path / "a.mkv", sweep(16000, 16000), 16000, tmp_path / "out.mkv")
    assert [round(t, 3) for t, _ in pictures(tmp_path / "out.mkv")] == [float(t - 3) for t in times]


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
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before
