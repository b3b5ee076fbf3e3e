"""`kling-foley generate --only` and `--mask`: what of the picture sounds; bad ones are refused at once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from clips import write_clip
from PIL import Image

from kling_foley_core.cli import main
from kling_foley_core.media import load_audio


@pytest.fixture
def clip(tmp_path):
    return write_clip(tmp_path / "in.mp4", 1.2)


def run(*arguments: object) -> int:
    return main([str(a) for a in ("generate", *arguments, "--steps", 2)])


def sound(clip, folder, *options: object) -> torch.Tensor:
    assert run(clip, "--output", folder / "out.wav", *options) == 0
    return load_audio(folder / "out.wav")[0]


def test_a_box_and_a_picture_of_it_give_the_same_sound_and_all_of_it_the_plain_one(clip, tmp_path) -> None:
    """The clip is 96 x 64, the picture half as large; the box's edge lies between two of its pixels."""
    white = np.zeros((32, 48), np.uint8)
    white[:, 24:] = 255
    Image.fromarray(white).save(tmp_path / "mask.png")
    plain, whole = sound(clip, tmp_path), sound(clip, tmp_path, "--only", "0,0,1,1")
    box, file = (
        sound(clip, tmp_path, *options)
        for options in (("--only", "0.5,0,1,1"), ("--mask", tmp_path / "mask.png"))
    )
    assert torch.equal(plain, whole)
    assert (box - plain).abs().max() > 5 * (box - file).abs().max()


def test_takes_are_ranked_within_the_box(clip, tmp_path, capsys) -> None:
    """Nothing moves in the lower third of the clip."""
    sound(clip, tmp_path, "--best-of", 2, "--only", "0,0.7,1,1")
    assert "0 sudden movements are seen" in capsys.readouterr().out


def test_masks_that_cannot_be_are_refused(clip, tmp_path, capsys) -> None:
    Image.new("L", (64, 64)).save(tmp_path / "square.png")
    film = write_clip(tmp_path / "long.mp4", 2.0)
    cases = [
        (("--only", "0,0,1"), "--only 0,0,1: give four numbers"),
        (("--only", "a,b,c,d"), "give four numbers, left,top,right,bottom"),
        (("--only", "10,10,60,60"), "as fractions of the picture, 0 to 1"),
        (("--mask", tmp_path / "square.png"), "64x64 pixels, the film 96x64"),
        (("--mask", film), "it is 2.00 s long, the film 1.20 s"),
        (("--mask", tmp_path / "none.png"), "none.png"),
        (("--mask", film, "--only", "0,0,1,1"), "--only and --mask are both given"),
    ]
    for options, said in cases:
        assert run(clip, "--output", tmp_path / "out.wav", *options) == 2
        assert said in capsys.readouterr().err
    assert not (tmp_path / "out.wav").exists()


def test_without_a_video_there_is_nothing_to_choose(tmp_path, capsys) -> None:
    options = ("--prompt", "rain", "--seconds", 1, "--only", "0,0,1,1")
    assert run(*options, "--output", tmp_path / "out.wav") == 2
    assert "they choose what of a video sounds, and none is given" in capsys.readouterr().err
