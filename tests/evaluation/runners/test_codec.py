"""The codecs' table: of several codecs on a folder by class, on held-out sounds, and what is compared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from codec_networks import seeded
from sound_shards import RATE, sine, sounds, tone, write
from torch import Tensor, nn

from kling_foley_core.checkpoints import save_own
from kling_foley_core.cli import main
from kling_foley_core.codec.bigvgan import BigVGAN
from kling_foley_core.codec.presets import BIGVGAN_16K, VAE_16K
from kling_foley_core.codec.vae import MelVAE
from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.report.codec_table import codec_table
from kling_foley_core.evaluation.runners import codec
from kling_foley_core.evaluation.runners.codec_models import CodecParts, codec_system, open_codec
from kling_foley_core.evaluation.runners.codec_sounds import CodecSound, folder_sounds, held_out_sounds
from kling_foley_core.media import save_audio

CPU = torch.device("cpu")
NARROW_VAE = replace(VAE_16K, width=8)
NARROW_BIGVGAN = replace(BIGVGAN_16K, width=64)


class Perfect(nn.Module):
    """A codec that gives back what it is given, at its own rate."""

    learned_db, samples_per_latent = None, 512

    def __init__(self, rate: int) -> None:
        super().__init__()
        self.sampling_rate, self.mel = rate, lambda wave: wave
        self.weight = nn.Parameter(torch.zeros(1))

    def encode(self, wave: Tensor) -> SimpleNamespace:
        return SimpleNamespace(mean=wave)

    def lost_db(self, wave: Tensor, z: Tensor) -> Tensor:
        return torch.zeros(len(wave))

    def decode(self, z: Tensor, gain_db: Tensor | None = None) -> Tensor:
        return z

    def vocode(self, mel: Tensor) -> Tensor:
        return mel[:, None]


def given(name: str, kind: str, wave: np.ndarray | Tensor, rate: int = RATE) -> CodecSound:
    return CodecSound(name, kind, lambda: (torch.as_tensor(wave).reshape(-1, np.shape(wave)[-1]), rate))


def narrow_16k(folder: Path) -> Path:
    """A codec of MMAudio's shapes at 16 kHz, narrow and untrained, without its flow network."""
    folder.mkdir()
    for name, kind, network, config in (
        ("vae.safetensors", "vae", MelVAE, NARROW_VAE),
        ("vocoder.safetensors", "vocoder", BigVGAN, NARROW_BIGVGAN),
    ):
        save_own(folder / name, seeded(network, config).state_dict(), kind, config)
    return folder


def folder_by_class(folder: Path) -> Path:
    left, right = tone(220, 1.2), tone(330, 1.2)
    for name, wave in {
        "music/a.wav": np.stack([left, right]),
        "music/deep/b.flac": left[None],
        "speech/c.wav": right[None],
        "d.wav": left[None],
        "speech/silent.wav": 0 * left[None],
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        save_audio(folder / name, torch.from_numpy(wave), RATE)
    (folder / "music/broken.wav").write_bytes(b"RIFF nothing")
    (folder / "music/list.txt").write_text("no sound")
    return folder


def test_two_codecs_on_a_folder_by_class(tmp_path, capsys) -> None:
    models, out = ["small", str(narrow_16k(tmp_path / "narrow"))], tmp_path / "codec.json"
    place = ["--sounds", str(folder_by_class(tmp_path / "sounds")), "--json", str(out), "--device", "cpu"]
    assert main(["evaluate", "codec", "--model", *models, *place]) == 0
    result, printed = json.loads(out.read_text()), capsys.readouterr().out
    assert result["clips"] == {"other": 1, "music": 2, "speech": 1}
    assert sorted(result["not_measured"]) == ["music/broken.wav", "speech/silent.wav"]
    for name, why in result["not_measured"].items():
        assert f"{tmp_path / 'sounds' / name}" in why and f"not measured: {why}" in printed
    assert "silent" in result["not_measured"]["speech/silent.wav"]
    assert [m["rate"] for m in result["models"].values()] == [44100, 16000]
    for name, model in result["models"].items():
        music = model["rows"]["music: codec"]
        assert music["sdr"]["clips"] == 2 and music["pan"]["clips"] == 1  # one of the two is stereo
        assert music["sdr"]["low"] <= music["sdr"]["value"] <= music["sdr"]["high"]
        assert ("music: renderer" in model["rows"]) == (name == "small")
        assert model["cost"]["encode_rtf"] > 0 and model["cost"]["decode_rtf"] > 0
        (line,) = (line for line in printed.splitlines() if f"music: codec {Path(name).name}" in line)
        assert line.split()[3] == "2"
    (line,) = (line for line in printed.splitlines() if "music: renderer" in line)
    assert line.split()[3] == "1", "it is of stereo sounds alone"
    assert {"SI-SDR", "ViSQOL", "S/M"} <= set(printed.split())
    assert "Sounds measured: other 1, music 2, speech 1." in printed


def test_a_codec_pays_for_what_its_rate_cant_carry() -> None:
    """Both give back what they are given; of 9 kHz only the one at 44.1 kHz can know."""
    low, high = sine(500), sine(9000)
    sdr = {
        (rate, name): codec.measured(CodecParts(Perfect(rate), None), torch.from_numpy(wave)[None], "music")[
            "codec"
        ]["sdr"]
        for rate in (16000, 44100)
        for name, wave in {"low": low, "high": high}.items()
    }
    assert sdr[44100, "low"] > 60 and sdr[44100, "high"] > 60
    assert sdr[16000, "low"] > 25 and sdr[16000, "high"] == pytest.approx(0, abs=0.5)


def test_levels_and_sides() -> None:
    """Distances are those of one level, however loud the sound; sides come back as they were."""
    wave = torch.from_numpy(np.stack([tone(220, 1.0), 0.3 * tone(330, 1.0)]))
    parts = open_codec("small", CPU)
    loud, quiet = (codec.measured(parts, level * wave, "music") for level in (2.0, 0.1))
    for way in ("mel", "codec"):
        assert loud[way]["mel"] == pytest.approx(quiet[way]["mel"], rel=0.02)
    perfect = codec.measured(CodecParts(Perfect(44100), None), wave, "music")["codec"]
    assert perfect["side_mid"] == pytest.approx(0, abs=1e-3) and perfect["pan"] == pytest.approx(0, abs=1e-3)
    assert loud["renderer"].keys() == {"side_mid", "pan"} and loud["renderer"]["pan"] > 0.05


def test_sounds_that_cant_be_measured_are_named() -> None:
    nan = np.full(RATE, np.nan, dtype=np.float32)
    listed = [
        given("nan", "music", nan),
        given("short", "music", tone(220, 0.1)),
        given("good", "music", tone(220, 1.0)),
    ]
    result = codec.evaluate_codecs({"perfect": lambda: CodecParts(Perfect(44100), None)}, listed, CPU)
    assert result["clips"] == {"music": 1} and list(result["not_measured"]) == ["nan", "short"]
    assert "not numbers" in result["not_measured"]["nan"] and "0.100 s" in result["not_measured"]["short"]
    assert list(result["models"]["perfect"]["sounds"]) == ["good"]


def test_rows_are_of_sounds_that_every_codec_was_measured_on() -> None:
    class Deaf(Perfect):
        """Can't take the second sound."""

        def encode(self, wave: Tensor) -> SimpleNamespace:
            if 1.2 * RATE < wave.shape[-1] < 1.8 * RATE:
                raise InputError("too long for it")
            return super().encode(wave)

    listed = [given("one", "music", tone(220, 1.0)), given("two", "music", tone(330, 1.5))]
    opening = {
        "perfect": lambda: CodecParts(Perfect(44100), None),
        "deaf": lambda: CodecParts(Deaf(44100), None),
    }
    result = codec.evaluate_codecs(opening, listed, CPU)
    assert result["clips"] == {"music": 1} and list(result["not_measured"]) == ["two"]
    rows = [model["rows"]["music: codec"] for model in result["models"].values()]
    assert rows[0]["sdr"] == rows[1]["sdr"]


def test_a_sound_that_a_package_cant_judge_keeps_its_other_numbers(monkeypatch, caplog) -> None:
    def visqol(*waves: object) -> float:
        raise ValueError("no patch")

    monkeypatch.setattr(codec.visqol, "visqol", visqol)
    monkeypatch.setattr(codec.visqol, "can_visqol", lambda: True)
    wave = torch.from_numpy(tone(220, 1.5))
    numbers = codec.compared(wave, wave, "music")
    assert numbers["visqol"] is None and numbers["sdr"] > 60
    assert "visqol left out of a sound: no patch" in caplog.text


def test_models_of_one_name_are_told_apart() -> None:
    row = {"music: codec": {"sdr": {"value": 1.0, "clips": 1}}}
    model = {"rows": row, "cost": {"encode_rtf": 1.0, "decode_rtf": 1.0, "memory_mb": 1.0}}
    models = {"a/vae.pth": model, "b/vae.pth": model, "c/other.pth": model}
    printed = codec_table({"models": models, "clips": {"music": 1}, "left_out": {}, "not_measured": {}})
    assert "codec a/vae.pth" in printed and "codec b/vae.pth" in printed and "codec other.pth" in printed


def test_so_many_of_a_class_and_ten_seconds_of_each() -> None:
    listed = [given(f"{kind} {i}", kind, sine(400)) for kind in ("speech", "music") for i in range(3)]
    perfect = {"perfect": lambda: CodecParts(Perfect(44100), None)}
    assert codec.evaluate_codecs(perfect, listed, CPU, most=2)["clips"] == {"speech": 2, "music": 2}
    assert codec.heard(given("long", "music", sine(400, 11.0, 8000), 8000)).shape == (1, 441000)


def test_the_codec_of_a_model_is_found_alone(tmp_path) -> None:
    assert set(codec_system("small").parts) == {"vae", "vocoder", "stereo"}
    folder = narrow_16k(tmp_path / "narrow")
    for source in (folder, folder / "vae.safetensors"):
        assert {part: n.config for part, n in codec_system(source).parts.items()} == {
            "vae": NARROW_VAE,
            "vocoder": NARROW_BIGVGAN,
        }
    assert open_codec(folder, CPU).codec.sampling_rate == 16000
    with pytest.raises(InputError, match="neither small nor a file nor a folder"):
        codec_system(tmp_path / "nowhere")
    other = replace(NARROW_VAE, width=16)
    save_own(folder / "other.safetensors", seeded(MelVAE, other).state_dict(), "vae", other)
    with pytest.raises(InputError, match=r"several .*other.safetensors, vae.safetensors"):
        codec_system(folder)
    assert codec_system(folder / "other.safetensors").parts["vae"].config == other
    (folder / "vocoder.safetensors").unlink()
    with pytest.raises(InputError, match="no vocoder is there. Get "):
        codec_system(folder / "vae.safetensors")


def test_a_file_that_is_no_weights_is_named(tmp_path) -> None:
    page = tmp_path / "page.pth"
    page.write_bytes(b"<html>")
    for source in (tmp_path, page):
        with pytest.raises(InputError, match=r"(?s)no codec .*is there. Get .*Not used: .*page\.pth"):
            codec_system(source)


def test_the_held_out_samples_of_shards_are_measured(tmp_path, capsys) -> None:
    shards, out = write(tmp_path / "shards", sounds()), tmp_path / "codec.json"
    place = ["--json", str(out), "--device", "cpu"]
    assert main(["evaluate", "codec", "--data", str(shards), *place]) == 0
    assert json.loads(out.read_text())["clips"] == {"world": 1} and "world: codec" in capsys.readouterr().out


def test_the_held_out_files_of_a_folder_are_measured(tmp_path) -> None:
    for number in range(3):
        save_audio(tmp_path / f"{number}.wav", torch.from_numpy(tone(220, 1.0))[None], RATE)
    (found,) = held_out_sounds([tmp_path])
    wave, rate = found.read()
    assert found.kind == "other" and rate == RATE and np.allclose(wave[0], tone(220, 1.0), atol=1e-3)


def test_a_folder_of_which_nothing_can_be_measured_is_an_error(tmp_path, capsys) -> None:
    out, sounds = tmp_path / "codec.json", tmp_path / "sounds"
    (sounds / "music").mkdir(parents=True)
    (sounds / "music/broken.wav").write_bytes(b"RIFF nothing")
    place = ["--sounds", str(sounds), "--json", str(out), "--device", "cpu"]
    assert main(["evaluate", "codec", *place]) == 2
    said = capsys.readouterr()
    assert "not measured: " in said.out and "broken.wav" in said.out
    assert "No sound could be measured" in said.err
    assert not out.exists()


def test_folders_without_sounds(tmp_path) -> None:
    file = tmp_path / "list.txt"
    file.touch()
    refused = {tmp_path / "nowhere": "no such folder", tmp_path: r"no sound \(.*wav\)", file: "it is a file"}
    for folder, said in refused.items():
        with pytest.raises(InputError, match=said):
            folder_sounds(folder)
