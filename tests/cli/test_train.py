"""`kling-foley train` as it is typed: a codec, then a vocoder on it, from Foley World alone; the pipeline
loads both.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kling_foley_core.assembly import KIND_OF_PART, untrained
from kling_foley_core.checkpoints import recognise, save_own
from kling_foley_core.cli import main
from kling_foley_core.pipeline import FoleyPipeline
from kling_foley_core.presets import SMALL
from kling_foley_core.training.recipe import FOLDER

TINY = {
    "steps": 2, "batch": 1, "log_steps": 1, "world": 1, "world_held_out": 1, "world_seconds": 2.0, "speech":
    0, "singing": 0, "music": 0, "frames": 32, "stage1_end": 0, "stage2_end": 1, "stage3_end": 2, "start": 1,
}  # fmt: skip


def tiny_recipe(part: str, folder: Path) -> Path:
    """Our own recipe with small numbers."""
    text = (FOLDER / f"{part}.toml").read_text()
    for name, value in TINY.items():
        text = re.sub(rf"(?m)^{name} = [\d.]+", f"{name} = {value}", text)
    path = folder / f"{part}.toml"
    path.write_text(text)
    return path


def run(*arguments: object) -> int:
    return main([str(a) for a in arguments])


@pytest.fixture
def world_alone(monkeypatch):
    monkeypatch.setattr("kling_foley_core.data.recordings.effects.available", lambda *packages: False)


def test_train_writes_files_that_the_pipeline_loads(tmp_path, world_alone, capsys) -> None:
    codec, vocoder = tmp_path / "codec", tmp_path / "vocoder"
    place = ("--cache", tmp_path / "cache", "--cpu")
    assert run("train", "codec", "--recipe", tiny_recipe("codec", tmp_path), "--out", codec, *place) == 0
    assert recognise(codec / "codec.safetensors").variant == "vae_small"
    assert "training codec" in capsys.readouterr().err, "there is a progress bar"
    logged = [json.loads(line) for line in (codec / "log.jsonl").read_text().splitlines()]
    assert [x["step"] for x in logged if "mse" in x] == [1, 2]
    with_codec = ("--with", codec / "codec.safetensors")
    recipe = tiny_recipe("vocoder", tmp_path)
    assert run("train", "vocoder", "--recipe", recipe, "--out", vocoder, *with_codec, *place) == 0
    assert recognise(vocoder / "vocoder.safetensors").variant == "istft_small"

    model = tmp_path / "model"
    for part in ("generator", "text", "visual", "sync", "stereo"):
        kind = "t5" if part == "text" else KIND_OF_PART.get(part, part)
        network = untrained(SMALL, part)
        save_own(model / f"{part}.safetensors", network.state_dict(), kind, network.config)
    for file in (codec / "codec.safetensors", vocoder / "vocoder.safetensors"):
        (model / file.name).write_bytes(file.read_bytes())
    sound = FoleyPipeline.from_pretrained(model).generate(prompt="a bell", seconds=1.0, steps=1)
    assert sound.waveform.shape == (1, 2, 44100)


def test_resume_and_refusals(tmp_path, world_alone, capsys) -> None:
    recipe, out = tiny_recipe("codec", tmp_path), tmp_path / "run"
    place = ["--out", out, "--cache", tmp_path / "cache", "--cpu"]
    command = ["train", "codec", "--recipe", recipe, *place]

    def refused(*arguments: object) -> str:
        assert run(*arguments) == 2
        return capsys.readouterr().err

    assert "no state.pt" in refused(*command, "--resume")
    assert run(*command) == 0
    before = (out / "codec.safetensors").read_bytes()
    assert "--resume" in refused(*command)
    recipe.write_text(recipe.read_text().replace("batch = 1", "batch = 1\nbatches = 2"))
    assert "is not the one in" in refused(*command, "--resume")
    elsewhere = ["--out", tmp_path / "other", *place[2:]]
    assert "run.batches: unknown" in refused("train", "codec", "--recipe", recipe, *elsewhere)
    assert (out / "codec.safetensors").read_bytes() == before
    vocoder = tiny_recipe("vocoder", tmp_path)
    assert "train codec" in refused("train", "vocoder", "--recipe", vocoder, *elsewhere)
    assert "--recipe huge: there is no such file" in refused("train", "codec", "--recipe", "huge", *elsewhere)
    started = ["--start", out / "codec.safetensors", *elsewhere]
    assert "--start: codec begins from nothing" in refused("train", "codec", "--recipe", recipe, *started)
