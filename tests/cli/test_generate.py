"""The command as a user types it: files made, lines printed, errors with exit code 2."""

from __future__ import annotations

import json
from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from clips import write_clip

from kling_foley_core import demo
from kling_foley_core.cli import main
from kling_foley_core.demo import CLIP
from kling_foley_core.demo.distance import distance
from kling_foley_core.foley_world import render_sound
from kling_foley_core.lora import save_lora
from kling_foley_core.presets import SMALL
from kling_foley_core.systems.assembly import untrained
from kling_foley_core.weights import BUILT_IN


@pytest.fixture
def clip(tmp_path):
    return write_clip(tmp_path / "in.mp4")


def run(*arguments: object) -> int:
    return main([str(a) for a in arguments])


def packets(path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(video=0) if p.size]


def read_audio(path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1).astype(np.float32)


def test_generate_writes_a_video_with_sound(clip, tmp_path, capsys) -> None:
    out = tmp_path / "out.mp4"
    assert run("generate", clip, "--prompt", "a click", "--steps", 2, "--output", out) == 0
    printed = capsys.readouterr()
    assert "52920 samples, 1.200 s, 2 channels, 44100 Hz" in printed.out
    assert printed.err.count("has learned from generated scenes") == 1
    assert "take mmaudio_large_44k_v2.pth" in printed.err and "that --model names." in printed.err
    assert all(stage in printed.err for stage in ("visual features", "sync features", "sampling", "vocoder"))
    assert packets(out) == packets(clip), "the picture is copied bit for bit"
    with av.open(str(out)) as container:
        sound = container.streams.audio[0]
        assert (sound.rate, sound.channels) == (44100, 2)
        assert sound.duration * sound.time_base == Fraction(52920, 44100)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3"])
def test_text_alone_makes_a_sound_file(tmp_path, suffix, capsys) -> None:
    out = tmp_path / f"out{suffix}"
    assert run("generate", "--prompt", "rain", "--seconds", 1, "--steps", 1, "--output", out) == 0
    assert "generated scenes" not in capsys.readouterr().err
    with av.open(str(out)) as container:
        samples = sum(f.samples for f in container.decode(audio=0))
    assert samples == 44100 or suffix == ".mp3" and 44100 <= samples < 44100 + 3 * 1152


def test_the_same_seed_makes_the_same_file(clip, tmp_path) -> None:
    made = []
    for name, seed in (("a.wav", 7), ("b.wav", 7), ("c.wav", 8)):
        assert run("generate", clip, "--steps", 1, "--seed", seed, "--output", tmp_path / name) == 0
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1] != made[2]


def test_prompts_with_times_and_a_weight_for_the_picture(clip, tmp_path) -> None:
    made = {}
    for name, options in {
        "plain": ("--prompt", "rain"),
        "all": ("--prompt", "[0-] rain"),
        "timed": ("--prompt", "[0-0.6] rain [0.6-] crickets", "--negative-prompt", "[1-] music"),
        "equal": ("--prompt", "rain", "--picture-guidance", 2),
        "picture": ("--prompt", "rain", "--picture-guidance", 4),
    }.items():
        out = tmp_path / f"{name}.wav"
        assert run("generate", clip, *options, "--steps", 2, "--output", out) == 0
        made[name] = out.read_bytes()
    assert made["plain"] == made["all"] == made["equal"]
    assert len({made["plain"], made["timed"], made["picture"]}) == 3


def test_times_outside_of_the_clip_are_told_before_the_model_is_read(clip, tmp_path, capsys) -> None:
    out = tmp_path / "out.wav"
    named = ("generate", clip, "--model", tmp_path / "missing", "--output", out)
    for option, name in (("--prompt", "prompt"), ("--negative-prompt", "negative_prompt")):
        assert run(*named, option, "[0-9] rain") == 2
        assert f"{name}: [0-9] lies outside of the sound, which has 1.2 s" in capsys.readouterr().err
    assert run(*named, "--start", 0.5, "--prompt", "[0-1] rain") == 2, "of the window, which has 0.7 s"
    assert "which has 0.7 s" in capsys.readouterr().err
    assert not out.exists()


def test_demo_makes_a_film_a_picture_and_says_how_far_it_is_from_the_truth(tmp_path, capsys) -> None:
    from PIL import Image

    out = tmp_path / "new folder" / "demo.mp4"
    assert run("demo", "--steps", 1, "--output", out) == 0
    said = capsys.readouterr().out
    assert "of 9 impacts are heard within 50 ms" in said
    assert "where: pan" in said and "how loud" in said
    assert packets(out) == packets(CLIP)
    picture = np.asarray(Image.open(out.with_suffix(".png")))
    assert picture.shape[1] > 900 and picture.std() > 20


def pixels(path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)]).astype(float)


def test_the_embedded_clip_is_the_scene_whose_truth_is_told(tmp_path) -> None:
    demo.draw(tmp_path / "anew.mp4")
    shown, anew = pixels(CLIP), pixels(tmp_path / "anew.mp4")
    assert shown.shape == anew.shape == (200, 256, 256, 3)
    assert np.abs(shown - anew).mean() < 1 < np.abs(shown - np.roll(anew, 1, 0)).mean()


def test_distance_tells_true_sound_from_silence_and_takes_mono() -> None:
    scene = demo.scene()
    true = torch.from_numpy(render_sound(scene))
    when, where, loud = distance(true, 44100, scene)
    assert when.startswith("when: 9 of 9") and where.endswith("r = 1.00") and loud.endswith("r = 1.00")
    assert distance(torch.zeros(2, true.shape[1]), 44100, scene)[0].startswith("when: 0 of 9")
    assert distance(true.mean(0, keepdim=True), 44100, scene)[0].startswith("when: 9 of 9")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["generate", "{missing}", "--output", "{out}.mp4"], "missing.mp4"),
        (["generate", "--prompt", "x", "--output", "{out}.wav"], "seconds = None"),
        (["generate", "--seconds", "1", "--output", "{out}.mp4"], "without a video"),
        (["generate", "--seconds", "1e-5", "--output", "{out}.wav"], "seconds = 1e-05: the sound needs"),
        (["generate", "{clip}", "--output", "{out}.ogv"], "can't write .ogv"),
        (["generate", "{clip}", "--output", "{out}/nowhere/o.mp4"], "doesn't exist"),
        (["generate", "{clip}", "--output", "{out}/nowhere/o.wav"], "doesn't exist"),
        (["generate", "{clip}", "--output", "{out}" + 249 * "x" + ".wav"], "can't be written"),
        (["generate", "{clip}", "--output", "{clip}"], "is the source itself"),
        (["generate", "{clip}", "--start", "9", "--output", "{out}.mp4"], "start = 9"),
        (["generate", "{clip}", "--model", "{missing}", "--output", "{out}.mp4"], "neither a preset's name"),
        (["generate", "{text}", "--output", "{out}.mp4"], "text.mp4"),
        (["inspect", "{missing}"], "missing.mp4"),
        (["inspect", "{text}"], "text.mp4"),
    ],
)
def test_bad_input_ends_with_a_line_that_names_it(clip, tmp_path, capsys, arguments, message) -> None:
    (tmp_path / "text.mp4").write_text("not a film")
    names = {"clip": clip, "out": tmp_path / "out", "missing": tmp_path / "missing.mp4"}
    names["text"] = tmp_path / "text.mp4"
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert run(*(a.format(**names) for a in arguments)) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before, "something was written"


def test_a_container_that_cannot_hold_the_picture_is_refused_before_the_work(clip, tmp_path, capsys) -> None:
    assert run("generate", clip, "--output", tmp_path / "out.webm") == 2
    error = capsys.readouterr().err
    assert "h264" in error and ".mkv" in error and "sampling" not in error


def test_the_sound_is_kept_when_muxing_fails_and_nothing_is_overwritten(
    clip, tmp_path, capsys, monkeypatch
) -> None:
    """A disk that fills up, say; the sound took the longest, and a file of that name is somebody's."""

    def full(*_, **__):
        raise OSError("No space left on device")

    monkeypatch.setattr("kling_foley_core.media.mux", full)
    (tmp_path / "out.wav").write_text("mine")
    assert run("generate", clip, "--steps", 1, "--output", tmp_path / "out.mp4") == 2
    error = capsys.readouterr().err
    assert "No space left" in error and "out-1.wav" in error
    assert (tmp_path / "out.wav").read_text() == "mine"
    assert (tmp_path / "out-1.wav").stat().st_size > 52920 * 2 and not (tmp_path / "out.mp4").exists()


def test_the_sound_is_kept_elsewhere_when_its_folder_can_not_be_written(
    clip, tmp_path, capsys, monkeypatch
) -> None:
    """A file server that goes away, say."""
    from kling_foley_core.files import whole_file

    output, here = tmp_path / "out" / "out.mp4", tmp_path / "here"
    output.parent.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    replace = whole_file.os.replace

    def lost(source: object, target: object) -> None:
        if output.parent in target.parents:
            raise OSError(116, "Stale file handle")
        replace(source, target)

    monkeypatch.setattr(whole_file.os, "replace", lost)
    for name in ("out.mp4", "out.wav"):
        assert run("generate", clip, "--steps", 1, "--output", output.parent / name) == 2
    error = capsys.readouterr().err
    assert "Stale file handle" in error and str(here / "kling-foley-1.wav") in error
    assert not list(output.parent.iterdir()) and len(list(here.iterdir())) == 2
    assert (here / "kling-foley.wav").stat().st_size > 52920 * 2


def test_inspect_goes_on_after_a_file_it_can_not_read(clip, tmp_path, capsys) -> None:
    from kling_foley_core.checkpoints import save_own
    from kling_foley_core.presets import SMALL
    from kling_foley_core.systems.assembly import untrained

    save_own(
        tmp_path / "renderer.safetensors", untrained(SMALL, "stereo").state_dict(), "stereo", SMALL.stereo
    )
    (tmp_path / "text.mp4").write_text("not a film")
    assert run("inspect", tmp_path / "text.mp4", clip, tmp_path / "renderer.safetensors") == 2
    printed = capsys.readouterr()
    assert "text.mp4" in printed.err and "in.mp4" in printed.out and "stereo" in printed.out


def test_world_writes_clips_with_their_truth(tmp_path, capsys) -> None:
    assert run("world", "--seed", 3, "--clips", 1, "--out", tmp_path / "world") == 0
    (film,) = (tmp_path / "world").glob("*.mp4")
    truth = json.loads(film.with_suffix(".json").read_text())
    assert film.name in capsys.readouterr().out and "events" in json.dumps(truth)
    assert film.with_suffix(".txt").read_text().strip() and film.with_suffix(".png").stat().st_size > 1000


def test_bundle_joins_parts_into_a_file_that_generates(tmp_path, capsys) -> None:
    from kling_foley_core.checkpoints import save_own
    from kling_foley_core.presets import SMALL
    from kling_foley_core.systems.assembly import untrained

    kinds = {"generator": "mmdit", "text": "t5", "visual": "clip_visual", "sync": "synchformer"}
    parts = []
    for part in ("generator", "text", "visual", "sync", "vae", "vocoder", "stereo"):
        parts.append(tmp_path / f"{part}.safetensors")
        state = untrained(SMALL, part).state_dict()
        save_own(parts[-1], state, kinds.get(part, part), getattr(SMALL, part))
    whole = tmp_path / "whole" / "small.safetensors"
    assert run("bundle", *parts[:-1], "--output", whole) == 2 and not whole.exists()
    assert "stereo" in capsys.readouterr().err
    assert run("bundle", *parts, "--output", whole) == 0
    assert whole.stat().st_size < 40e6
    sound = tmp_path / "sound.wav"
    assert run("generate", "--model", whole, "--seconds", 1, "--steps", 1, "--output", sound) == 0
    assert sound.stat().st_size > 44100 * 4


def test_what_does_not_survive_is_said_once_before_the_work(tmp_path, capsys) -> None:
    from media.test_survival import write_transparent

    write_transparent(tmp_path / "a.webm", "libvpx-vp9", "yuva420p", 30)
    assert run("generate", tmp_path / "a.webm", "--steps", 1, "--output", tmp_path / "out.mp4") == 0
    error = capsys.readouterr().err
    assert error.count("mp4 can't hold it: transparency") == 1
    assert error.index("transparency") < error.index("sampling")


def test_loras_are_added_in_turn(tmp_path, capsys) -> None:
    """Strength 0 makes the same file as none at all, and others another."""
    lora, sounds = tmp_path / "a:b.safetensors", {}
    layer = untrained(SMALL, "generator").get_submodule("joint_blocks.0.latent_block.linear1")
    width = layer.weight.shape[0]
    draw = torch.Generator().manual_seed(0)
    factors = torch.randn(2, width, 3, generator=draw), torch.randn(width, 2, 1, generator=draw)
    save_lora(lora, {"joint_blocks.0.latent_block.linear1": factors}, 2.0, "small")
    for name, given in {
        "none": (),
        "zero": ("--lora", f"{lora}:0"),
        "one": ("--lora", lora),
        "both": ("--lora", f"{lora}:0.4", "--lora", f"{lora}:0.6"),
    }.items():
        out = tmp_path / f"{name}.wav"
        assert run("generate", "--seconds", 1, "--steps", 1, "--output", out, *given) == 0
        sounds[name] = read_audio(out)
    assert np.array_equal(sounds["none"], sounds["zero"])
    assert np.abs(sounds["one"] - sounds["none"]).max() > 100  # of 32768
    assert np.abs(sounds["both"] - sounds["one"]).max() <= 2


def test_a_lora_that_is_none_is_told_at_once(tmp_path, capsys) -> None:
    given = "generate", "--seconds", 1, "--output", tmp_path / "o.wav"
    assert run(*given, "--lora", tmp_path / "no.safetensors:0.5") == 2
    assert "no.safetensors does not exist" in capsys.readouterr().err
    assert run(*given, "--lora", BUILT_IN) == 2
    assert "it holds tensors of other kinds" in capsys.readouterr().err
