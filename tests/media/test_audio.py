"""Loading, resampling and saving sound, with signals whose truth is known."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import partial

import av
import numpy as np
import pytest
import torch
from media.clips import steady, write_clip
from media.signals import lag, noise

from kling_foley_core.errors import InputError
from kling_foley_core.files.on_disk import piecewise, room_for
from kling_foley_core.media.audio import load_audio, resample, save_audio


@pytest.mark.parametrize("suffix", ["wav", "flac"])
@pytest.mark.parametrize("channels", [1, 2])
def test_lossless_round_trip(tmp_path, suffix, channels):
    wave = noise(channels, 50_001)
    save_audio(tmp_path / f"a.{suffix}", wave, 44100)
    back, rate = load_audio(tmp_path / f"a.{suffix}")
    assert rate == 44100 and back.shape == wave.shape
    assert (back - wave).abs().max() <= 0.5 / 32768 + 1e-7
    save_audio(tmp_path / f"b.{suffix}", back, rate)
    assert torch.equal(load_audio(tmp_path / f"b.{suffix}")[0], back)


@pytest.mark.parametrize("rate", [16000, 44100])
def test_mp3_keeps_length_and_place(tmp_path, rate):
    time = torch.arange(rate) / rate
    wave = (0.5 * torch.sin(2 * torch.pi * (200 + 800 * time) * time))[None]
    save_audio(tmp_path / "a.mp3", wave, rate)
    back, _ = load_audio(tmp_path / "a.mp3")
    assert back.shape == wave.shape and lag(wave[0], back[0]) == 0
    assert (back - wave).abs().max() < 0.05


def test_samples_are_clamped(tmp_path):
    save_audio(tmp_path / "a.wav", torch.tensor([[2.0, -2.0, 0.5]]), 8000)
    assert load_audio(tmp_path / "a.wav")[0].tolist() == [[32767 / 32768, -1.0, 0.5]]


def test_sound_that_changes_its_channels_on_the_way(tmp_path):
    """As broadcasts do: 5.1, then stereo. Both are heard."""

    def ac3(layout, channels):
        made = io.BytesIO()
        with av.open(made, "w", format="ac3") as out:
            stream = out.add_stream("ac3", rate=48000, layout=layout)
            for i in range(0, 48000, 1536):
                sine = (0.25 * np.sin(np.arange(i, i + 1536) * 0.05)).astype(np.float32)
                frame = av.AudioFrame.from_ndarray(sine[None].repeat(channels, 0), "fltp", layout)
                frame.sample_rate, frame.pts = 48000, i
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        return made.getvalue()

    (tmp_path / "a.ac3").write_bytes(ac3("5.1", 6) + ac3("stereo", 2))
    for channels in (None, 1, 2):
        wave, rate = load_audio(tmp_path / "a.ac3", channels=channels)
        levels = [wave[:, at : at + 30_000].square().mean().sqrt() for at in (5_000, 60_000)]
        assert rate == 48000 and min(levels) > 0.05


@pytest.mark.parametrize("start", [0, Fraction(1, 3), 0.7])
def test_windows_are_exact_to_the_sample(tmp_path, start):
    wave = noise(2, 60_000)
    for name in ("a.wav", "a.mp3"):
        save_audio(tmp_path / name, wave, 44100)
        whole, _ = load_audio(tmp_path / name)
        part, _ = load_audio(tmp_path / name, start=start, seconds=0.5)
        first, last = round(Fraction(start) * 44100), round((Fraction(start) + Fraction(1, 2)) * 44100)
        assert torch.equal(part, whole[:, first:last])
    rest, _ = load_audio(tmp_path / "a.wav", start=start)
    assert rest.shape[1] == 60_000 - first
    longer, _ = load_audio(tmp_path / "a.wav", start=1, seconds=2)
    assert longer.shape[1] == 88_200 and longer[:, 15_900:].abs().max() == 0


def test_channels(tmp_path):
    wave = noise(2, 1000)
    save_audio(tmp_path / "a.wav", wave, 8000)
    stored, _ = load_audio(tmp_path / "a.wav")
    mono, _ = load_audio(tmp_path / "a.wav", channels=1)
    assert torch.allclose(mono, stored.mean(0, keepdim=True))
    save_audio(tmp_path / "m.wav", wave[:1], 8000)
    assert torch.equal(load_audio(tmp_path / "m.wav", channels=2)[0], stored[:1].repeat(2, 1))


def test_surround(tmp_path):
    """A tone in the centre channel alone comes out alike on both sides, 3 dB down."""
    sound = np.zeros((6, 48000), np.float32)
    sound[2] = 0.4 * np.sin(np.arange(48000) * 0.05)
    write_clip(tmp_path / "a.mkv", steady(25, 25), sound=sound, sound_layout="5.1", sound_codec="flac")
    whole, rate = load_audio(tmp_path / "a.mkv")
    assert whole.shape == (6, 48000) and rate == 48000
    stereo, _ = load_audio(tmp_path / "a.mkv", channels=2)
    assert torch.equal(stereo[0], stereo[1])
    assert torch.allclose(stereo[0], whole[2] * 0.5**0.5, atol=1e-3)
    mono, _ = load_audio(tmp_path / "a.mkv", channels=1)
    assert torch.allclose(mono[0], whole.mean(0), atol=1e-6)


@pytest.mark.parametrize("late", [Fraction(1, 2), Fraction(1, 10)])
@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_a_late_track_starts_with_silence(tmp_path, suffix, late):
    sound = noise(2, 48000).numpy()
    codec = {"mkv": "flac", "mp4": "aac"}[suffix]
    write_clip(tmp_path / f"a.{suffix}", steady(25, 50), sound=sound, sound_codec=codec, sound_at=late)
    wave, _ = load_audio(tmp_path / f"a.{suffix}", seconds=2)
    assert wave.shape == (2, 96000)
    assert (
        wave[:, : int(late * 48000) - 1100].abs().max() == 0
    )  # AAC: a frame of the coder's run-in may be heard
    assert lag(torch.from_numpy(sound[0]), wave[0]) == int(late * 48000)


def test_time_zero_is_the_videos(tmp_path):
    """Both tracks begin at 2 s: the sound is at 0. Sound before the picture is cut off."""
    sound = noise(2, 48000).numpy()
    write_clip(tmp_path / "a.mkv", steady(25, 25, 2), sound=sound, sound_codec="flac", sound_at=2)
    assert lag(torch.from_numpy(sound[0]), load_audio(tmp_path / "a.mkv")[0][0]) == 0
    write_clip(tmp_path / "b.mkv", steady(25, 25, Fraction(1, 2)), sound=sound, sound_codec="flac")
    wave, _ = load_audio(tmp_path / "b.mkv")
    assert wave.shape[1] == 24000 and lag(torch.from_numpy(sound[0]), wave[0]) == -24000


def test_gap_is_silence(tmp_path, caplog):
    """Packets taken out of the middle leave the rest where it was."""
    sound = noise(2, 96000).numpy()
    write_clip(tmp_path / "a.mkv", steady(25, 50), b_frames=0, sound=sound, sound_codec="pcm_s16le")
    with av.open(str(tmp_path / "a.mkv")) as a, av.open(str(tmp_path / "b.mkv"), "w") as b:
        streams = {s: b.add_stream_from_template(s, opaque=True) for s in a.streams}
        for packet in a.demux():
            hole = (
                packet.stream.type == "audio"
                and packet.pts is not None
                and 0.5 <= packet.pts * packet.time_base < 1
            )
            if packet.dts is not None and not hole:
                packet.stream = streams[packet.stream]
                b.mux(packet)
    whole, got = load_audio(tmp_path / "a.mkv")[0], load_audio(tmp_path / "b.mkv")[0]
    assert abs(got.shape[1] - whole.shape[1]) <= 48
    assert got[:, 26000:47000].abs().max() == 0 and torch.equal(got[:, :23000], whole[:, :23000])
    (message,) = caplog.messages
    assert "b.mkv' has no sound from 0.5" in message and "to 1.0" in message
    assert message.endswith(" s, by a pause or damage: silence there.") and "damaged" not in message
    # packets' times are in milliseconds: behind a gap the place is known to one
    assert abs(lag(whole[0, 50000:], got[0, 50000:])) <= 48


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_s24le"])
def test_one_resampler_serves_the_whole_track(tmp_path, codec, monkeypatch):
    """Setting one up for each frame takes longer than playing the sound."""
    made, resampler = [], av.AudioResampler

    def counted(**how):
        made.append(how)
        return resampler(**how)

    sound = noise(2, 96_000).numpy()
    write_clip(tmp_path / "a.mov", steady(25, 50), sound=sound, sound_codec=codec)
    monkeypatch.setattr(av, "AudioResampler", counted)
    wave, _ = load_audio(tmp_path / "a.mov")
    assert len(made) == 1
    assert (wave - torch.from_numpy(sound)).abs().max() <= 1 / 32768


def test_file_object(tmp_path):
    save_audio(tmp_path / "a.wav", noise(1, 100), 8000)
    source = io.BytesIO((tmp_path / "a.wav").read_bytes())
    assert load_audio(source)[0].shape == (1, 100) and load_audio(source)[0].shape == (1, 100)


@pytest.mark.parametrize(
    ("rate", "to"), [(44100, 16000), (16000, 44100), (44100, 48000), (48000, 44100), (22050, 44100)]
)
def test_resampling_against_torchaudio(rate, to):
    functional = pytest.importorskip(
        "torchaudio.functional",
        reason="needs torchaudio, whose resampling is the twin: pip install torchaudio",
    )
    time = torch.arange(rate // 2, dtype=torch.float64) / rate
    wave = torch.stack([torch.sin(2 * torch.pi * f * time) for f in (440, 1000, 5000)])
    wave = (wave * torch.hann_window(len(time), dtype=torch.float64)).float()
    got = resample(wave, rate, to)
    twin = functional.resample(wave, rate, to, lowpass_filter_width=64, rolloff=0.97)
    assert got.shape == (3, round(Fraction(len(time) * to, rate)))
    assert (got - twin[:, : got.shape[1]]).abs().max() < 2e-3


@pytest.mark.parametrize("samples", [1, 7, 1000, 44101])
def test_resampling_lengths_and_shapes(samples):
    for rate, to in ((44100, 48000), (48000, 16000), (16000, 44100)):
        got = resample(torch.ones(2, 3, samples), rate, to)
        wanted = round(Fraction(samples * to, rate))
        assert got.shape == (2, 3, wanted)
    wave = torch.rand(2, 5)
    assert resample(wave, 8000, 8000) is wave


def test_resampling_fills_the_end():
    got = resample(torch.ones(1, 44100), 44100, 16000)
    assert (got[0, 200:-200] - 1).abs().max() < 1e-3 and got[0, -1] > 0.3


def test_load_resampled(tmp_path):
    save_audio(tmp_path / "a.wav", noise(2, 44100), 44100)
    wave, rate = load_audio(tmp_path / "a.wav", sampling_rate=16000, seconds=0.5)
    assert rate == 16000 and wave.shape == (2, 8000)


@pytest.mark.parametrize(
    ("name", "wave", "rate", "message"),
    [
        ("a.ogg", torch.zeros(1, 8), 8000, "use .wav"),
        ("a", torch.zeros(1, 8), 8000, "without suffix"),
        ("no/a.wav", torch.zeros(1, 8), 8000, "doesn't exist"),
        ("a.wav", torch.zeros(0, 8), 8000, "channels"),
        ("a.wav", torch.zeros(3, 8), 8000, "channels"),
        ("a.wav", torch.zeros(8), 8000, "shape"),
        ("a.wav", torch.zeros(1, 0), 8000, "at least one sample"),
        ("a.wav", torch.tensor([[0.0, float("nan")]]), 8000, "NaN"),
        ("a.wav", torch.zeros(1, 8), 0, "rate = 0"),
        ("a.mp3", torch.zeros(1, 8), 12345, "resample"),
    ],
)
def test_bad_saves_leave_nothing(tmp_path, name, wave, rate, message):
    with pytest.raises(InputError, match=message):
        save_audio(tmp_path / name, wave, rate)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_save_keeps_the_old_file(tmp_path, monkeypatch):
    save_audio(tmp_path / "a.wav", torch.zeros(1, 8), 8000)
    before = (tmp_path / "a.wav").read_bytes()

    def fail(*_):
        raise RuntimeError("cancelled")

    monkeypatch.setattr("kling_foley_core.media.audio.encoded_wave", fail)
    with pytest.raises(RuntimeError):
        save_audio(tmp_path / "a.wav", torch.ones(1, 8), 8000)
    assert (tmp_path / "a.wav").read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_bad_loads(tmp_path):
    save_audio(tmp_path / "a.wav", torch.zeros(1, 8000), 8000)
    write_clip(tmp_path / "silent.mp4", steady(25, 5))
    for source, how, message in [
        (tmp_path / "a.wav", {"start": 2}, "start earlier"),
        (tmp_path / "a.wav", {"seconds": 0}, "seconds = 0"),
        (tmp_path / "a.wav", {"channels": 6}, "channels = 6"),
        (tmp_path / "a.wav", {"sampling_rate": 0}, "sampling_rate = 0"),
        (tmp_path / "silent.mp4", {}, "no sound track"),
        (tmp_path / "missing.wav", {}, "doesn't exist"),
    ]:
        with pytest.raises(InputError, match=message):
            load_audio(source, **how)


@pytest.mark.parametrize(("rate", "to"), [(44100, 48000), (48000, 44100), (22050, 16000)])
def test_pieces_are_resampled_as_the_whole(rate, to, monkeypatch):
    wave = torch.rand(2, 3 * rate + 7, generator=torch.Generator().manual_seed(0)) - 0.5
    whole = resample(wave, rate, to)
    monkeypatch.setattr("kling_foley_core.media.audio.PIECE", 5000)
    torch.testing.assert_close(resample(wave, rate, to), whole, atol=1e-6, rtol=0)


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3"])
def test_a_sound_on_the_disk_is_saved_as_one_in_memory(suffix, tmp_path, monkeypatch):
    """Also one that is too loud, which is clamped."""
    wave = 3 * (torch.rand(2, 50_001, generator=torch.Generator().manual_seed(0)) - 0.5)
    on_the_disk = room_for(*wave.shape, held=1)
    on_the_disk.copy_(wave)
    save_audio(tmp_path / f"memory.{suffix}", wave, 22050)
    for module, name in (("encode_audio", "PIECE"), ("encode_audio", "piecewise")):
        replaced = 10_000 if name == "PIECE" else partial(piecewise, length=10_000)
        monkeypatch.setattr(f"kling_foley_core.media.{module}.{name}", replaced)
    save_audio(tmp_path / f"disk.{suffix}", on_the_disk, 22050)
    assert (tmp_path / f"disk.{suffix}").read_bytes() == (tmp_path / f"memory.{suffix}").read_bytes()
    assert on_the_disk.abs().max() > 1, "it is itself left as it is"


def test_a_window_of_a_track_lies_on_the_disk_while_it_is_read(tmp_path, monkeypatch):
    wave = torch.rand(2, 60_000, generator=torch.Generator().manual_seed(0)) - 0.5
    save_audio(tmp_path / "a.flac", wave, 22050)
    whole, _ = load_audio(tmp_path / "a.flac", start=0.5, seconds=2.5)
    monkeypatch.setattr("kling_foley_core.media.track.room_for", partial(room_for, held=1))
    monkeypatch.setattr("kling_foley_core.media.track._OFTEN", 1000)
    assert torch.equal(load_audio(tmp_path / "a.flac", start=0.5, seconds=2.5)[0], whole)
    assert whole.shape[1] == round(2.5 * 22050) and not whole[:, 60_000 - 11025 :].any()


def test_longer_sounds_than_memory_holds_are_read_in_windows_only(tmp_path, monkeypatch):
    save_audio(tmp_path / "a.flac", torch.zeros(1, 44100), 22050)
    monkeypatch.setattr("kling_foley_core.media.track.MAX_HELD_SECONDS", 1)
    with pytest.raises(InputError, match="s of sound are more than the 1 s"):
        load_audio(tmp_path / "a.flac")
    assert load_audio(tmp_path / "a.flac", seconds=2)[0].shape == (1, 44100)
