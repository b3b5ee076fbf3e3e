"""`kling-foley generate` with the film's own sound: replaced bit for bit by default, kept, mixed; stems."""

from __future__ import annotations

import pytest
import torch
from clips import write_clip
from mix_tones import noise, sine

from kling_foley_core.cli import main
from kling_foley_core.media import load_audio, mux
from kling_foley_core.mix import integrated_loudness, true_peak

SECONDS, RATE = 1.2, 44100


@pytest.fixture
def film(tmp_path):
    """A clip with a sound of its own, in Matroska: FLAC, so exact to the sample."""
    clip = write_clip(tmp_path / "silent.mp4", SECONDS)
    mux(clip, sine(-20, SECONDS, 48000, 440), 48000, tmp_path / "in.mkv")
    return tmp_path / "in.mkv"


def run(*arguments: object) -> int:
    return main([str(a) for a in ("generate", *arguments, "--steps", 1)])


def test_without_options_the_sound_is_the_generated_bit_for_bit(film, tmp_path) -> None:
    """And a film's own sound is replaced as one without any gets it."""
    assert run(film, "--output", tmp_path / "a.wav") == 0
    assert run(film, "--output", tmp_path / "b.wav", "--own-sound", "replace") == 0
    assert run(tmp_path / "silent.mp4", "--output", tmp_path / "c.wav") == 0
    plain = (tmp_path / "a.wav").read_bytes()
    assert plain == (tmp_path / "b.wav").read_bytes() == (tmp_path / "c.wav").read_bytes()


def test_stems_of_a_mix_add_up_to_it(film, tmp_path, capsys) -> None:
    stems = tmp_path / "new" / "stems"
    out = tmp_path / "out.mkv"
    options = ("--own-sound", "mix", "--loudness", -23, "--duck", "effects", "--fade", "0.1,0.2")
    assert run(film, "--output", out, *options, "--stems", stems) == 0
    printed = capsys.readouterr().out
    assert "57600 samples, 1.200 s, 2 channels, 48000 Hz" in printed and "levels: -23.0 LUFS" in printed
    sound, rate = load_audio(out)
    parts = [load_audio(stems / f"out.{name}.wav")[0] for name in ("generated", "own")]
    assert rate == 48000 and sound.shape == (2, 57600)
    assert (sum(parts) - sound).abs().max() < 2e-4, "each is rounded to 16 bits"
    assert integrated_loudness(sound, rate) == pytest.approx(-23, abs=0.1) and true_peak(sound) <= -1


def test_the_windows_own_sound_is_kept(film, tmp_path) -> None:
    out = tmp_path / "out.flac"
    window = ("--start", 0.2, "--seconds", 0.9)
    assert run(film, *window, "--output", out, "--own-sound", "keep", "--stems", tmp_path) == 0
    own, _ = load_audio(film, start=0.2, seconds=0.9)
    assert torch.equal(load_audio(out)[0], own) and own.shape == (2, 43200)
    assert load_audio(tmp_path / "out.generated.wav")[0].shape == own.shape


def test_loudness_and_gain_act_without_a_film(tmp_path) -> None:
    made = []
    for name, options in (("a", ()), ("b", ("--gain", -6)), ("c", ("--loudness", -30))):
        out = tmp_path / f"{name}.wav"
        assert run("--prompt", "rain", "--seconds", 1, "--output", out, *options) == 0
        made.append(load_audio(out)[0])
    plain, quieter, levelled = made
    assert float(quieter.std() / plain.std()) == pytest.approx(10 ** (-6 / 20), rel=0.05)
    assert integrated_loudness(levelled, RATE) == pytest.approx(-30, abs=0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{silent}", "--own-sound", "mix"], "has no sound track that can be decoded"),
        (["--prompt", "x", "--seconds", 1, "--own-sound", "mix"], "without a video there is no own sound"),
        (["{film}", "--own-sound", "keep"], "give --stems DIR"),
        (["{film}", "--duck-depth", 6], "--duck-depth 6: say --duck speech or --duck effects"),
        (["{film}", "--duck", "speech"], "ducking: own sound 'replace'"),
        (["{film}", "--fade", "1,0.5"], "fades of 1 s and 0.5 s: the sound has 1.200 s"),
        (["{film}", "--loudness", "3"], "loudness = 3 LUFS"),
        (["{film}", "--stems", "{film}"], "--stems"),
    ],
)
def test_bad_input_is_named_before_the_work(film, tmp_path, capsys, arguments, message) -> None:
    names = {"film": film, "silent": tmp_path / "silent.mp4"}
    given = [a.format(**names) if isinstance(a, str) else a for a in arguments]
    assert run(*given, "--output", tmp_path / "out.wav") == 2
    error = capsys.readouterr().err
    assert message in error and "sampling" not in error and not (tmp_path / "out.wav").exists()


def test_the_generated_sound_is_kept_when_mixing_fails(film, tmp_path, capsys, monkeypatch) -> None:
    def fails(*_):
        raise MemoryError("used up")

    monkeypatch.setattr("kling_foley_core.mix.mixed", fails)
    assert run(film, "--output", tmp_path / "out.mkv", "--own-sound", "mix") == 2
    assert "out.wav" in capsys.readouterr().err
    assert load_audio(tmp_path / "out.wav")[0].shape == (2, 52920)


def test_a_film_at_44_khz_and_surround_are_mixed_too(tmp_path) -> None:
    """Six channels come as two."""
    import av

    clip = write_clip(tmp_path / "silent.mp4", SECONDS)
    wave = noise(SECONDS, RATE, 6, 0.05)
    film = tmp_path / "surround.mkv"
    with av.open(str(clip)) as source, av.open(str(film), "w") as out:
        picture = out.add_stream_from_template(source.streams.video[0])
        sound = out.add_stream("pcm_s16le", rate=RATE, layout="5.1")
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = picture
                out.mux(packet)
        frame = av.AudioFrame.from_ndarray(
            (wave.T.reshape(1, -1) * 32767).short().contiguous().numpy(), format="s16", layout="5.1"
        )
        frame.sample_rate = RATE
        out.mux([*sound.encode(frame), *sound.encode(None)])
    assert run(film, "--output", tmp_path / "out.wav", "--own-sound", "mix", "--stems", tmp_path) == 0
    own, rate = load_audio(tmp_path / "out.own.wav")
    assert rate == RATE and own.shape == (2, 52920) and own.std() > 0.02
