"""ImageBind against the authors' code at reduced width; its clips of sound and film; its file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from checkpoint_files import keys, small_state
from clips import write_clip
from golden_files import enlarge, golden
from torch import Tensor

from kling_foley_core.checkpoints.compare import faults
from kling_foley_core.checkpoints.header import meta_state
from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks.film_frames import FilmFrames
from kling_foley_core.evaluation.networks.finding import find_networks, missing, open_network
from kling_foley_core.evaluation.networks.imagebind import file as module
from kling_foley_core.evaluation.networks.imagebind.film_clips import RATE, film_clips, three_squares
from kling_foley_core.evaluation.networks.imagebind.network import ImageBindNetwork
from kling_foley_core.evaluation.networks.imagebind.sound_clips import clip_samples, sound_clips
from kling_foley_core.evaluation.networks.imagebind.towers import FilmTower, SoundTower, TowerConfig
from kling_foley_core.evaluation.networks.transformer import TransformerConfig
from kling_foley_core.networks.without_values import WithoutValues


def towers(width: int, layers: tuple[int, int], out: int) -> tuple[TowerConfig, TowerConfig]:
    """Of sound and of film."""
    size = {"width": width, "heads": 2, "mlp": 4 * width, "eps": 1e-6}
    sound, film = (
        TransformerConfig(layers=n, extra_key=extra, **size)
        for n, extra in zip(layers, (True, False), strict=True)
    )
    return TowerConfig(sound, 16, 10, out), TowerConfig(film, 14, 14, out)


def golden_network() -> ImageBindNetwork:
    weights = golden("imagebind").weights()
    sound, film = towers(32, (2, 2), 16)
    network = ImageBindNetwork(SoundTower(sound).eval(), FilmTower(film).eval())
    network.sound.load_state_dict(module.tower_state(weights, "audio"), strict=True)
    network.film.load_state_dict(module.tower_state(weights, "vision"), strict=True)
    return network


def golden_sound() -> Tensor:
    """Of its two channels the second is not heard."""
    wave = golden("imagebind")["in.wave"].float() / 32768
    return torch.stack([wave, -0.5 * wave.roll(99)])


def test_golden_clips_of_sound() -> None:
    golden("imagebind").check("out.sound_clips", sound_clips(golden_sound())[..., ::8, ::6])


def test_golden_sound_by_its_first_channel() -> None:
    golden("imagebind").check("out.sound", golden_network().of_sound(golden_sound(), 16000)["embedding"])


@pytest.mark.parametrize(("name", "columns"), [("out.film", 400), ("out.tall_film", 200)])
def test_golden_film(name: str, columns: int, monkeypatch) -> None:
    """Shrunk and wide, and enlarged and tall."""
    pictures = enlarge(golden("imagebind")["in.small_frames"], 20)[..., :columns]
    squares = torch.stack([three_squares(picture[None]) for picture in pictures])
    monkeypatch.setattr(FilmFrames, "read", lambda *a: squares)
    golden("imagebind").check(name, golden_network().of_film(FilmFrames("film.mp4"))["embedding"])


@pytest.mark.parametrize(
    ("samples", "want"),
    [
        (128000, [(0, 32000), (48000, 80000), (96000, 128000)]),
        (48000, [(0, 32000), (8000, 40000), (16000, 48000)]),
        (20000, [(0, 32000)] * 3),
    ],
)
def test_three_clips_reach_from_the_beginning_to_the_end(samples: int, want: list) -> None:
    assert list(clip_samples(samples)) == want


def test_a_film_of_8_seconds_is_nine_clips_of_neighbouring_frames(tmp_path: Path) -> None:
    squares = FilmFrames(write_clip(tmp_path / "film.mp4", seconds=8, fps=5)).read(
        RATE, three_squares, 2, "ImageBind"
    )
    clips = film_clips(squares)
    assert squares.shape == (4, 3, 3, 224, 224) and clips.shape == (9, 3, 2, 224, 224)
    assert torch.equal(clips[:6, :, 1], clips[3:, :, 0])  # the second of a pair is the next one's first
    assert not torch.equal(clips[0], clips[1]) and not torch.equal(clips[0], clips[3])


def test_squares_lie_at_both_ends_and_in_the_middle() -> None:
    wide = torch.arange(301).byte().expand(1, 3, 224, 301)  # wraps at 256
    left, middle, right = three_squares(wide)
    assert [int(s[0, 0, 0]) for s in (left, middle, right)] == [0, 39, 77]
    tall = three_squares(wide.transpose(2, 3))
    assert torch.equal(tall, torch.stack([left, middle, right]).transpose(2, 3))
    assert len(three_squares(torch.zeros(1, 3, 90, 90, dtype=torch.uint8)).unique(dim=0)) == 1


def test_what_is_too_short_is_named(tmp_path: Path) -> None:
    network = golden_network()
    with pytest.raises(InputError, match="the sound has 0.02 s, but ImageBind needs 0.025 s"):
        network.of_sound(torch.zeros(1, 320), 16000)
    with pytest.raises(InputError, match="3.5 s of film are judged, but ImageBind needs 4 s"):
        network.of_film(FilmFrames(write_clip(tmp_path / "film.mp4", seconds=3.5, fps=10)))


def test_the_public_files_tensors_fit_at_full_width() -> None:
    """The list is that of the authors' class."""
    state = meta_state(keys("imagebind_huge"))
    assert module.recognise({n: tuple(t.shape) for n, t in state.items()})
    with WithoutValues(), torch.device("meta"):
        sound, film = SoundTower(module.SOUND), FilmTower(module.FILM)
    assert faults(module.tower_state(state, "audio"), sound.state_dict()) == []
    assert faults(module.tower_state(state, "vision"), film.state_dict()) == []


def test_a_file_is_found_and_opened(tmp_path: Path, monkeypatch) -> None:
    sound, film = towers(16, (12, 32), 16)
    monkeypatch.setattr(module, "SOUND", sound)
    monkeypatch.setattr(module, "FILM", film)
    torch.save(small_state("imagebind_huge"), tmp_path / "some.pth")
    network = open_network("imagebind", find_networks([tmp_path]))
    vector = network.of_sound(0.1 * torch.randn(1, 48000), 48000)["embedding"]
    assert vector.shape == (16,) and vector.isfinite().all()
    assert "IB-score" in missing("imagebind") and "imagebind_huge.pth" in missing("imagebind")
