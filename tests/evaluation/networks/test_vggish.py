"""VGGish against the authors' numbers, its file, and its windows."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from checkpoint_files import keys
from golden_files import golden
from safetensors.torch import save_file
from torch import Tensor

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks.finding import find_networks, not_used, open_network
from kling_foley_core.evaluation.networks.vggish import LEAST, Vggish, is_vggish, log_mel_windows, widths_of
from kling_foley_core.evaluation.networks.waveform import mono


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    return golden("sound_networks").weights("w_vggish.")


def wave_of_golden() -> tuple[Tensor, int, float]:
    stored = golden("sound_networks")
    return stored["in.sound"].float() / 32768, stored.config["rate"], stored.config["seconds"]


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_golden_rows_from_a_file(tmp_path: Path, state: dict[str, Tensor], suffix: str) -> None:
    """safetensors keeps names in another order than the layers'."""
    if suffix == ".pth":
        torch.save(state, tmp_path / "vggish-10086976.pth")
    else:
        save_file(state, tmp_path / "vggish.safetensors")
    network = open_network("vggish", find_networks([tmp_path]))
    golden("sound_networks").check("out.vggish", network.of_sound(*wave_of_golden())["embedding"])


def test_golden_windows() -> None:
    sound, rate, seconds = wave_of_golden()
    windows = log_mel_windows(mono(sound, rate, 16000, seconds))
    assert windows.shape == (2, 1, 96, 64)
    golden("sound_networks").check("out.vggish_mel", windows[..., ::4, ::4])


def test_a_tone_is_loudest_in_its_band() -> None:
    wave = torch.sin(2 * torch.pi * 1000 * torch.arange(LEAST) / 16000)
    mel = torch.linspace(*(1127 * torch.log(1 + torch.tensor([125.0, 7500.0]) / 700)), 66)[1:-1]
    nearest = (mel - 1127 * torch.log(torch.tensor(1 + 1000 / 700))).abs().argmin()
    assert log_mel_windows(wave)[0, 0, 50].argmax() == nearest


def test_the_published_file_is_recognised_and_fits() -> None:
    shapes = {name: spec.shape for name, spec in keys("vggish").items()}
    assert is_vggish(shapes)
    meta = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    assert widths_of(meta) == (64, 128, 256, 256, 512, 512, 4096, 4096, 128)
    with torch.device("meta"):
        ours = Vggish(widths_of(meta)).state_dict()
    assert {n: tuple(t.shape) for n, t in ours.items()} == shapes


def test_principal_components_are_no_network(tmp_path: Path) -> None:
    components = {"pca_eigen_vectors": torch.zeros(128, 128), "pca_means": torch.zeros(128, 1)}
    torch.save(components, tmp_path / "p.pth")
    assert find_networks([tmp_path]) == {}
    assert "p.pth is VGGish's principal components" in not_used([tmp_path])[0]


def test_a_network_of_pictures_is_none(state: dict[str, Tensor]) -> None:
    shapes = {name: tuple(t.shape) for name, t in state.items()}
    assert is_vggish(shapes)
    assert not is_vggish(shapes | {"features.0.weight": (64, 3, 3, 3)})


def test_the_shortest_sound(state: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(state, tmp_path / "v.pth")
    network = open_network("vggish", find_networks([tmp_path]))
    assert network.of_sound(torch.randn(1, LEAST), 16000)["embedding"].shape == (1, 16)
    with pytest.raises(InputError, match=r"VGGish needs 0\.975 s"):
        network.of_sound(torch.randn(1, LEAST - 1), 16000)
