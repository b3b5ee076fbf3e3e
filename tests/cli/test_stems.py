"""`kling-foley generate` with music and with --asmr: stems, their levels, their words, bad input."""

from __future__ import annotations

import pytest
from clips import write_clip
from musical import musical_system

from kling_foley_core.cli import main
from kling_foley_core.marks.inspection import describe_media
from kling_foley_core.media import load_audio
from kling_foley_core.mix import integrated_loudness


def run(*arguments: object) -> int:
    return main([str(a) for a in ("generate", *arguments, "--steps", 1)])


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    return musical_system(tmp_path_factory.mktemp("systems") / "musical")


@pytest.fixture
def clip(tmp_path):
    return write_clip(tmp_path / "in.mp4")


def test_effects_and_music_are_stems_that_add_up(clip, tmp_path, system) -> None:
    given = (
        clip,
        "--model",
        system,
        "--prompt",
        "a click",
        "--stems",
        tmp_path,
        "--output",
        tmp_path / "out.wav",
    )
    assert run(*given, "--music-prompt", "slow piano", "--music-level", -9) == 0
    sound, rate = load_audio(tmp_path / "out.wav")
    effects, music = (load_audio(tmp_path / f"out.{name}.wav")[0] for name in ("generated", "music"))
    assert (effects + music - sound).abs().max() < 2e-4, "each is rounded to 16 bits"
    assert integrated_loudness(music, rate) - integrated_loudness(effects, rate) == pytest.approx(-9, abs=0.2)
    assert run(*given, "--music-prompt", "slow piano", "--music-seed", 7, "--music-level", -9) == 0
    assert not (load_audio(tmp_path / "out.music.wav")[0] - music).abs().max() < 1e-3
    assert (load_audio(tmp_path / "out.generated.wav")[0] - effects).abs().max() < 1e-4, "effects stay"


def test_asmr_is_the_prompts_that_the_page_says(clip, tmp_path) -> None:
    made = []
    said = ("--prompt", "a click, close up, without echo", "--negative-prompt", "hum")
    for name, options in (
        ("a", ("--prompt", "a click", "--negative-prompt", "hum", "--asmr")),
        ("b", said),
        ("c", ("--prompt", "a click", "--negative-prompt", "hum")),
    ):
        assert run(clip, *options, "--output", tmp_path / f"{name}.wav") == 0
        made.append((tmp_path / f"{name}.wav").read_bytes())
    assert made[0] == made[1] != made[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{clip}", "--music-prompt", "piano"], "--music-prompt: the built-in model makes no music"),
        (["--seconds", 1, "--music-prompt", "piano", "--model", "{system}"], "there are no effects"),
        (["{clip}", "--music-level", 61], "music level = 61 dB"),
        (
            ["{clip}", "--music-prompt", "[0.6-0.2] piano", "--model", "{system}"],
            "--music-prompt: [0.6-0.2] runs backwards",
        ),
        (
            ["{clip}", "--music-prompt", "[0-9] piano", "--model", "{system}"],
            "--music-prompt: [0-9] lies outside",
        ),
        (["{clip}", "--stereo", "coherent", "--model", "{system}"], "this model has no stereo renderer"),
    ],
)
def test_bad_input_is_named_before_the_work(clip, tmp_path, system, capsys, arguments, message) -> None:
    given = [a.format(clip=clip, system=system) if isinstance(a, str) else a for a in arguments]
    assert run(*given, "--output", tmp_path / "out.wav") == 2
    error = capsys.readouterr().err
    assert message in error and not any(f"{stage} " in error for stage in ("read video", "sampling"))
    assert not (tmp_path / "out.wav").exists()


def test_the_music_stem_says_that_a_machine_made_it(clip, tmp_path, system, capsys) -> None:
    given = (clip, "--model", system, "--music-prompt", "piano", "--stems", tmp_path)
    assert run(*given, "--output", tmp_path / "out.wav") == 0
    said = {name: describe_media(tmp_path / f"out.{name}.wav") for name in ("generated", "music")}
    assert all("trainedAlgorithmicMedia" in text for text in said.values()), said
    assert run(*given, "--no-label", "--output", tmp_path / "out.wav") == 0
    assert "trainedAlgorithmicMedia" not in describe_media(tmp_path / "out.music.wav")
