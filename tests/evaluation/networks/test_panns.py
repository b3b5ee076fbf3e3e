"""PANNs Cnn14 against the authors' numbers; its file, relatives of it, and sounds it can't hear."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from checkpoint_files import keys
from golden_files import golden
from torch import Tensor

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.networks.finding import find_networks, not_used, open_network
from kling_foley_core.evaluation.networks.panns import (
    BANDS,
    IMAGINARY,
    LEAST,
    REAL,
    WINDOW,
    Cnn14,
    config_of,
    is_panns,
)

CPU = torch.device("cpu")


def fourier() -> dict[str, Tensor]:
    """The file's constant tensors, [257, 1, 512]: a periodic Hann window times cosines and minus sines."""
    time = torch.arange(WINDOW, dtype=torch.float64)
    turns = 2 * torch.pi * torch.arange(WINDOW // 2 + 1)[:, None] * time / WINDOW
    window = torch.hann_window(WINDOW, dtype=torch.float64)
    made = {REAL: window * turns.cos(), IMAGINARY: -window * turns.sin()}
    return {name: t[:, None].float() for name, t in made.items()}


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    return golden("sound_networks").weights("w_panns.") | fourier()


@pytest.fixture
def file(tmp_path: Path, state: dict[str, Tensor]) -> Path:
    """As the authors save it: in the older format, a sampler's numpy state beside the weights."""
    import numpy as np

    beside = {"iteration": 7, "sampler": {"pointer": 3, "indexes": np.arange(5), "classes": [np.int64(2)]}}
    path = tmp_path / "Cnn14_16k_mAP=0.438.pth"
    torch.save(beside | {"model": state}, path, _use_new_zipfile_serialization=False)
    return path


def test_golden_features_from_a_file(file: Path) -> None:
    stored = golden("sound_networks")
    sound, rate = stored["in.sound"].float() / 32768, stored.config["rate"]
    network = open_network("panns", find_networks([file.parent]))
    found = network.of_sound(sound, rate, stored.config["seconds"])
    stored.check("out.panns_embedding", found["embedding"])
    stored.check("out.panns_logits", found["logits"])


def test_silence_is_100_decibels_down_in_every_band(state: dict[str, Tensor]) -> None:
    network = Cnn14(config_of(state)).eval()
    network.load_state_dict(state)
    seen = []
    network.bn0.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    network(torch.zeros(1, LEAST))
    assert seen[0].shape == (1, 64, 32, 1)
    assert (seen[0] == -100).all()


def test_the_published_file_is_recognised_and_fits() -> None:
    """Names and shapes of the authors' class at full width."""
    published = keys("panns_cnn14_16k")
    shapes = {name: spec.shape for name, spec in published.items()}
    assert is_panns(shapes)
    meta = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    config = config_of(meta)
    assert config.widths == (64, 128, 256, 512, 1024, 2048)
    assert (config.embedding, config.classes) == (2048, 527)
    with torch.device("meta"):
        ours = Cnn14(config).state_dict()
    assert {n: tuple(t.shape) for n, t in ours.items()} == shapes


def test_one_for_32_khz_is_named(tmp_path: Path, state: dict[str, Tensor]) -> None:
    other = dict.fromkeys((REAL, IMAGINARY), torch.zeros(513, 1, 1024)) | {BANDS: torch.zeros(513, 64)}
    torch.save({"model": state | other}, tmp_path / "Cnn14_16k_mAP=0.438.pth")
    assert "panns" not in find_networks([tmp_path])
    (said,) = not_used([tmp_path])
    assert "Cnn14_16k_mAP=0.438.pth is a PANNs network of another kind (a window of 1024" in said


def test_one_with_a_tensor_missing_is_refused(tmp_path: Path, state: dict[str, Tensor]) -> None:
    torch.save({"model": {n: t for n, t in state.items() if n != "bn0.bias"}}, tmp_path / "cnn.pth")
    with pytest.raises(InputError, match=r"cnn\.pth looks like PANNs.*1 missing \(bn0\.bias\)"):
        open_network("panns", find_networks([tmp_path]))


def test_blocks_numbered_with_a_gap_are_refused(tmp_path: Path, state: dict[str, Tensor]) -> None:
    gone = {n: t for n, t in state.items() if not n.startswith("conv_block2")}
    torch.save({"model": gone}, tmp_path / "cnn.pth")
    with pytest.raises(InputError, match="sizes that can't be"):
        open_network("panns", find_networks([tmp_path]))


def test_the_shortest_sound(file: Path) -> None:
    network = open_network("panns", {"panns": file})
    assert network.of_sound(torch.randn(1, LEAST), 16000)["embedding"].shape == (24,)
    with pytest.raises(InputError, match=r"0\.31 s, but PANNs Cnn14 16 kHz needs 0\.31 s"):
        network.of_sound(torch.randn(1, LEAST - 1), 16000)
