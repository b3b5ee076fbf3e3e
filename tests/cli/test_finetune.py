"""`kling-foley train lora | finetune` as a user types it: films in, a file out that changes what is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from training_shards import make_shards

from kling_foley_core.checkpoints import recognise
from kling_foley_core.cli import main
from kling_foley_core.foley_world import make_scene, write_clip
from kling_foley_core.lora import check_lora, read_lora
from kling_foley_core.presets import SMALL
from kling_foley_core.systems.assembly import found_system
from kling_foley_core.systems.preset import preset_of
from kling_foley_core.weights import BUILT_IN

QUICK = ["run.steps=2", "run.precision=fp32", "crops.seconds=1.6", "crops.batch=2", "optimisation.lr=1e-2"]


def run(*arguments: object) -> int:
    return main([str(a) for a in arguments])


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> Path:
    """Three films with captions, and one that can't be read."""
    folder = tmp_path_factory.mktemp("clips")
    for seed in range(3):
        write_clip(make_scene(seed, "train", 2.0, "xylophone"), folder, (256, 256))
    (folder / "broken.mp4").write_bytes(b"no film")
    return folder


@pytest.fixture(scope="module")
def trained(clips, tmp_path_factory) -> Path:
    """The folder of a LoRA's run."""
    out = tmp_path_factory.mktemp("runs") / "lora"
    assert run("train", "lora", "--data", clips, "--out", out, "--cpu", "--set", *QUICK) == 0
    return out


def test_films_become_a_lora_that_generate_takes(trained, tmp_path) -> None:
    lora = read_lora(trained / "lora.safetensors")
    assert lora.base == "small"
    check_lora(lora, SMALL.generator)
    sounds = []
    for name, given in (("with", ("--lora", lora.path)), ("without", ())):
        out = tmp_path / f"{name}.wav"
        assert run("generate", "--seconds", 1, "--steps", 1, "--output", out, *given) == 0
        sounds.append(out.read_bytes())
    assert sounds[0] != sounds[1]


def test_what_is_not_used_is_said(clips, tmp_path, capsys) -> None:
    out = tmp_path / "run"
    assert run("train", "lora", "--data", clips, "--out", out, "--cpu", "--set", *QUICK, "run.steps=1") == 0
    printed = capsys.readouterr()
    assert "not used: " in printed.err and "broken.mp4" in printed.err
    assert "windows of 1.6 s from 4 clips" in printed.out


def test_shards_that_were_made_can_be_given_again(trained, tmp_path) -> None:
    out = tmp_path / "full"
    given = ("--data", trained / "shards", "--out", out, "--cpu", "--set", *QUICK)
    assert run("train", "finetune", *given) == 0
    assert recognise(out / "generator.safetensors").config == SMALL.generator


@pytest.mark.parametrize(
    "given, said",
    [
        (("--data", "a", "b"), "--data: give lora one folder of clips"),
        ((), "--data: give lora one folder of clips"),
        (("--data", "nowhere"), "nowhere isn't there"),
        (("--data", "a", "--with", "small"), "--with: lora takes all networks from --model"),
        (("--data", "a", "--start", "small"), "--start: lora takes all networks from --model"),
        (("--data", "a", "--model", "nothing"), "model nothing: neither a preset's name nor a file"),
        (("--data", "a", "--set", "lora.rank=0"), "lora.rank = 0: give 1 to"),
    ],
)
def test_bad_input_is_told_before_anything_is_made(tmp_path, capsys, given, said) -> None:
    (tmp_path / "a").mkdir()
    given = tuple(tmp_path / g if g in ("a", "nowhere") else g for g in given)
    assert run("train", "lora", *given, "--out", tmp_path / "out", "--cpu") == 2
    assert said in capsys.readouterr().err


def test_another_encoders_shards_are_refused(tmp_path, capsys) -> None:
    shards = make_shards(tmp_path / "shards")
    assert run("train", "lora", "--data", shards, "--out", tmp_path / "out", "--cpu") == 2
    assert "were made by another codec" in capsys.readouterr().err


def test_the_preset_of_a_file_is_the_one_of_the_table() -> None:
    assert preset_of(found_system(BUILT_IN)) == SMALL
