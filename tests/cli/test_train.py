"""`kling-foley train` as it is typed, part by part, on tiny shards and for a few steps: files that load,
exact resume, several processes that do as one, and refusals.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from film_shards import film_shards
from safetensors.torch import load_file
from sound_shards import panned, sounds, tone, write
from training_runs import same

from kling_foley_core.checkpoints import recognise
from kling_foley_core.cli import main
from kling_foley_core.media import save_audio
from kling_foley_core.weights import BUILT_IN

ROOT = Path(__file__).parents[2]
ALL = [
    "run.steps=4",
    "run.log_steps=1",
    "run.validate_steps=4",
    "run.checkpoint_steps=2",
    "run.precision=fp32",
]
FEW = {
    "codec": [
        *ALL,
        "run.batch=2",
        "frames=32",
        "stages.stage1_end=0",
        "stages.stage2_end=1",
        "stages.stage3_end=3",
        "discriminator.width=2",
    ],
    "vocoder": [*ALL, "run.batch=2", "frames=16", "decoded.start=1"],
    "stereo": [*ALL, "run.batch=4", "seconds=1.92"],
    "encoders": [*ALL, "run.batch=2", "sync.frames=16", "semantic.batch=2", "semantic.seconds=1.5"],
}
FILES = {
    "codec": {"codec": "vae_small"},
    "vocoder": {"vocoder": "istft_small"},
    "stereo": {"stereo": None},
    "encoders": {"sync": None, "text": None, "visual": None},
}


def run(*arguments: object) -> int:
    return main([str(a) for a in arguments])


@pytest.fixture(scope="module")
def shards(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("shards")
    tones = write(folder / "tones", sounds())
    stereo = write(folder / "stereo", panned(1.0))
    return {"codec": tones, "vocoder": tones, "stereo": stereo, "encoders": film_shards(folder / "films")}


def command(part: str, shards: dict[str, Path], out: Path, *changes: str) -> list[object]:
    builds_on = ["--with", "small"] if part == "vocoder" else []
    made = ["train", part, "--data", shards[part], "--out", out, *builds_on, "--cpu"]
    return [*made, "--set", *FEW[part], *changes]


@pytest.mark.parametrize("part", FEW)
def test_a_part_is_trained_and_goes_on_where_it_was(part, shards, tmp_path, capsys) -> None:
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    assert run(*command(part, shards, whole)) == 0
    assert f"training {part}" in capsys.readouterr().err, "there is a progress bar"
    logged = [json.loads(line) for line in (whole / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in logged if "lr" in line] == [1, 2, 3, 4]
    assert logged[-1].keys() >= {"validation"}
    for name, variant in FILES[part].items():
        assert variant in (None, recognise(whole / f"{name}.safetensors").variant)
    assert run(*command(part, shards, halves, "run.steps=2")) == 0
    recipe = halves / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("steps = 2", "steps = 4", 1))
    again = ["train", part, "--data", shards[part], "--out", halves, "--recipe", recipe, "--cpu", "--resume"]
    assert run(*again, *(["--with", "small"] if part == "vocoder" else [])) == 0
    for name in FILES[part]:
        assert same(*(load_file(out / f"{name}.safetensors") for out in (whole, halves)))


@pytest.mark.parametrize("part", ["codec", "stereo", "encoders"])
def test_two_processes_do_as_one(part, shards, tmp_path) -> None:
    """The same command under torchrun, as `accelerate launch` runs it: batches, losses and weights are the
    same but for rounding."""
    changes = ["run.batch=4", "semantic.batch=4"] if part == "encoders" else ["run.batch=4"]
    one, two = tmp_path / "one", tmp_path / "two"
    assert run(*command(part, shards, one, *changes)) == 0
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    arguments = [*launch, "-m", "kling_foley_core.cli", *command(part, shards, two, *changes)]
    done = subprocess.run([str(a) for a in arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    logs = [[json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()] for out in (one, two)]
    for alone, together in zip(*logs, strict=True):
        alone, together = (line.get("validation", line) for line in (alone, together))
        assert {k: v for k, v in together.items() if k != "seconds"} == pytest.approx(
            {k: v for k, v in alone.items() if k != "seconds"}, rel=2e-3, abs=1e-4
        )
    for name in FILES[part]:
        a, b = (load_file(out / f"{name}.safetensors") for out in (one, two))
        assert all(torch.allclose(a[k].float(), b[k].float(), atol=2e-3) for k in a)


def test_a_folder_of_sounds_becomes_a_codec(tmp_path, capsys) -> None:
    """By way of shards: `data extract` cuts the sounds, and their folder names the class."""
    sounds, made, out = tmp_path / "sounds", tmp_path / "shards", tmp_path / "run"
    (sounds / "speech").mkdir(parents=True)
    for number in range(3):
        wave = torch.from_numpy(tone(110 + 40 * number, 2.0))[None]
        save_audio(sounds / "speech" / f"{number}.wav", wave, 44100)
    train = ["train", "codec", "--out", out, "--cpu", "--set", *FEW["codec"]]
    assert run(*train, "--data", sounds) == 2
    assert f"kling-foley data extract {sounds} --out SHARDS" in capsys.readouterr().err
    extract = ["data", "extract", sounds, "--model", "none", "--seconds", "2", "--out", made]
    assert run(*extract, "--cache", tmp_path / "cache") == 0
    assert run(*train, "--data", made) == 0
    assert "mel_l1_speech" in (out / "log.jsonl").read_text()


def test_resume_and_refusals(shards, tmp_path, capsys) -> None:
    out, other = tmp_path / "run", ["--out", tmp_path / "other", "--cpu"]
    data = ["--data", shards["codec"]]

    def refused(*arguments: object) -> str:
        assert run(*arguments) == 2
        return capsys.readouterr().err

    begun = command("codec", shards, out, "run.steps=1", "stages.stage3_end=2")
    assert "no state.pt" in refused(*begun, "--resume")
    assert run(*begun) == 0
    before = (out / "codec.safetensors").read_bytes()
    assert "--resume" in refused(*begun)
    assert "is not the one in" in refused(*begun, "run.seed=8", "--resume")
    assert (out / "codec.safetensors").read_bytes() == before
    assert "has no run.batches" in refused("train", "codec", *data, *other, "--set", "run.batches=2")
    assert "train codec" in refused("train", "vocoder", *data, *other)
    assert "there is no such file" in refused("train", "codec", "--recipe", "huge", *data, *other)
    assert "holds no shards.json" in refused("train", "codec", "--data", tmp_path, *other)
    assert "have no sync" in refused("train", "stereo", *data, *other)
    assert "16000 Hz" in refused("train", "codec", "--preset", "mmaudio_small_16k", *data, *other)
    assert "makes mono sound" in refused("train", "stereo", "--preset", "mmaudio_small_44k", *data, *other)
    assert "public files" in refused("train", "encoders", "--preset", "kling_foley_3b", *data, *other)
    kling = ["train", "vocoder", "--preset", "kling_foley_3b", "--with", "small", *data, *other]
    assert "its codec is not the one of preset kling_foley_3b" in refused(*kling)


def test_a_codec_can_be_trained_on(shards, tmp_path) -> None:
    out = tmp_path / "run"
    begun = command("codec", shards, out, "run.steps=1", "stages.stage3_end=2", "optimisation.lr=1e-9")
    assert run(*begun, "--start", "small") == 0
    trained, built_in = load_file(out / "codec.safetensors"), load_file(BUILT_IN)
    assert all(torch.allclose(t, built_in[f"vae.{k}"].float(), atol=2e-3) for k, t in trained.items())
