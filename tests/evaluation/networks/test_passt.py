"""PaSST against the authors' numbers, its front end against torchaudio's bands, its file and relatives."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from checkpoint_files import keys
from golden_files import golden
from torch import Tensor

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks.finding import find_networks, not_used, open_network
from kling_foley_core.evaluation.networks.mel_triangles import mel_triangles
from kling_foley_core.evaluation.networks.passt import (
    SAMPLES,
    Passt,
    PasstConfig,
    PasstFeatures,
    config_of,
    is_passt,
    log_mel,
)
from kling_foley_core.evaluation.networks.waveform import mono

TINY = PasstConfig(dim=32, depth=2, heads=2, frequencies=12, times=99, classes=10)
NARROW = PasstConfig(dim=64, depth=12, heads=1, frequencies=12, times=99, classes=527)


@pytest.fixture(scope="module")
def network() -> PasstFeatures:
    weights = golden("sound_networks").weights("w_passt.")
    made = Passt(TINY).eval()
    made.load_state_dict({n: w for n, w in weights.items() if not n.startswith("head_dist.")}, strict=True)
    return PasstFeatures(made, torch.device("cpu"))


def golden_sound() -> tuple[Tensor, int, float]:
    stored = golden("sound_networks")
    return stored["in.sound"].float() / 32768, stored.config["rate"], stored.config["seconds"]


def narrow_state() -> dict[str, Tensor]:
    torch.manual_seed(0)
    unused = {"head_dist.weight": torch.zeros(527, 64), "head_dist.bias": torch.zeros(527)}
    return Passt(NARROW).state_dict() | unused


def test_golden_features(network: PasstFeatures) -> None:
    found = network.of_sound(*golden_sound())
    golden("sound_networks").check("out.passt_embedding", found["embedding"])
    golden("sound_networks").check("out.passt_logits", found["logits"])


def test_golden_mel() -> None:
    sound, rate, seconds = golden_sound()
    wave = mono(sound, rate, 32000, seconds)
    mel = log_mel(F.pad(wave, (0, SAMPLES - len(wave))))
    assert mel.shape == (128, 1000)
    golden("sound_networks").check("out.passt_mel", mel[::4, :220:10])


def test_bands_are_kaldis() -> None:
    kaldi = pytest.importorskip("torchaudio", reason="the other bands").compliance.kaldi
    want, _ = kaldi.get_mel_banks(128, 1024, 32000, 0.0, 15000.0, 100.0, -500.0, 1.0)
    got = mel_triangles(32000, 1024, 128, 0.0, 15000.0, torch.float32).T
    assert got.shape == (128, 513)
    assert not got[:, 512].any()
    assert (got[:, :512] - want).abs().max() < 1e-6


def test_a_sound_of_any_length_is_filled_or_cut_to_ten_seconds(network: PasstFeatures) -> None:
    long = torch.randn(1, 330_000)
    long -= long.mean()
    ten = network.of_sound(F.pad(long[:, :300_000], (0, 20_000)), 32000, 99.0)
    assert ten["embedding"].shape == (32,) and ten["logits"].shape == (10,)
    whole = network.of_sound(long, 32000, 99.0)["embedding"]
    same = torch.cat([long[:, :SAMPLES], torch.zeros(1, 10_000)], dim=1)
    same[:, SAMPLES:] = long[:, SAMPLES:].mean()
    torch.testing.assert_close(whole, network.of_sound(same, 32000, 99.0)["embedding"], atol=1e-4, rtol=0)
    assert network.of_sound(torch.ones(1, 1), 32000)["embedding"].isfinite().all()


def test_a_file_is_found_and_opened(tmp_path: Path) -> None:
    torch.save(narrow_state(), tmp_path / "passt.pt")
    opened = open_network("passt", find_networks([tmp_path]))
    assert opened.of_sound(torch.randn(1, 8000), 16000)["logits"].shape == (527,)
    assert not_used([tmp_path]) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"time_new_pos_embed": torch.zeros(1, 64, 1, 200)}, "12x200 patches in place of 12x99"),
        ({"freq_new_pos_embed": torch.zeros(1, 64, 8, 1)}, "8x99 patches"),
        ({"head.1.weight": torch.zeros(20, 64)}, "or other classes"),
        ({"blocks.11.norm1.weight": None}, "11 blocks in place of 12"),
    ],
)
def test_a_relative_is_named(tmp_path: Path, changed: dict[str, Tensor | None], words: str) -> None:
    state = {n: t for n, t in (narrow_state() | changed).items() if t is not None}
    torch.save(state, tmp_path / "other.pt")
    assert find_networks([tmp_path]) == {}
    assert words in not_used([tmp_path])[0]


def test_a_width_without_known_heads_is_refused(tmp_path: Path) -> None:
    narrow = PasstConfig(dim=48, depth=12, heads=1, frequencies=12, times=99, classes=527)
    torch.save(Passt(narrow).state_dict(), tmp_path / "p.pt")
    with pytest.raises(InputError, match="48 wide"):
        open_network("passt", find_networks([tmp_path]))


def test_the_published_file_is_recognised_and_fits() -> None:
    shapes = {name: spec.shape for name, spec in keys("passt_s").items()}
    assert is_passt(shapes)
    used = {n: s for n, s in shapes.items() if not n.startswith("head_dist.")}
    assert set(shapes) - set(used) == {"head_dist.weight", "head_dist.bias"}
    config = config_of({name: torch.empty(shape, device="meta") for name, shape in used.items()})
    assert config == PasstConfig(dim=768, depth=12, heads=12, frequencies=12, times=99, classes=527)
    with torch.device("meta"):
        ours = Passt(config).state_dict()
    assert {n: tuple(t.shape) for n, t in ours.items()} == used
