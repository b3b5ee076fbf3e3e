"""VGGish (Hershey et al. 2017), as torchvggish publishes it: sound -> {"embedding" [W, 128]}, each of 0.96 s.

    wave [N] -> log mel [T, 64] (audioset_mel.py), not padded
             -> windows [W, 1, 96, 64] one after another, the rest left out -> 128 numbers

Without the last ReLU and without principal components, as in audioldm_eval and av-benchmark, whose numbers
FD_VGG is compared with. The spectrum is made in float64 on the CPU, as there.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import torch
from torch import Tensor, nn

from .audioset_mel import FRAMES, LEAST, MELS, RATE, log_mel
from .feature_network import SECONDS, Features
from .waveform import long_enough, mono
from .weights import Shapes, State, filled, read_state

HEADING = "VGGish"
OFFSET = 0.01  # to a band before the logarithm
LEVELS = (1, 1, 2, 2)  # convolutions before each halving


class Vggish(nn.Module):
    """`widths`: of the six convolutions, then of the three layers behind them. Parameters are numbered as in
    the file."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        before, rest, layers = 1, list(widths), []
        for count in LEVELS:
            for _ in range(count):
                layers += [nn.Conv2d(before, rest[0], 3, padding=1), nn.ReLU()]
                before = rest.pop(0)
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        places = FRAMES * MELS // 4 ** len(LEVELS)
        sizes = zip((before * places, *rest), rest, strict=False)
        dense = chain.from_iterable((nn.Linear(a, b), nn.ReLU()) for a, b in sizes)
        self.embeddings = nn.Sequential(*dense)[:-1]

    def forward(self, windows: Tensor) -> Tensor:
        """[W, 1, 96, 64] -> [W, D]."""
        return self.embeddings(self.features(windows).permute(0, 2, 3, 1).flatten(1))


def log_mel_windows(wave: Tensor) -> Tensor:
    """[N] at 16 kHz -> [W, 1, 96, 64]."""
    mel = log_mel(wave.double(), OFFSET)
    windows = len(mel) // FRAMES
    return mel[: windows * FRAMES].view(windows, 1, FRAMES, MELS).float()


class VggishFeatures:
    name = "vggish"

    def __init__(self, network: Vggish, device: torch.device) -> None:
        self.network, self.device = network.to(device), device

    @torch.no_grad()
    def of_sound(self, sound: Tensor, rate: int, seconds: float = SECONDS) -> Features:
        wave = long_enough(mono(sound, rate, RATE, seconds), LEAST, RATE, HEADING)
        return {"embedding": self.network(log_mel_windows(wave).to(self.device)).cpu()}


def is_vggish(shapes: Shapes) -> bool:
    first, dense = shapes.get("features.0.weight", ()), shapes.get("embeddings.0.weight", ())
    last = shapes.get("features.13.weight", ())
    places = FRAMES * MELS // 4 ** len(LEVELS)
    return first[1:] == (1, 3, 3) and bool(last) and dense[1:] == (last[0] * places,)


def other_vggish(shapes: Shapes) -> str:
    return "VGGish's principal components, which no measure uses" if "pca_eigen_vectors" in shapes else ""


def load_vggish(path: Path, device: torch.device) -> VggishFeatures:
    state = read_state(path)
    return VggishFeatures(filled(lambda: Vggish(widths_of(state)), state, path, HEADING), device)


def widths_of(state: State) -> tuple[int, ...]:
    """In the order of the layers, which a file need not keep."""
    names = [name for name in state if name.endswith(".weight")]
    names.sort(key=lambda name: (name.startswith("embeddings."), int(name.split(".")[1])))
    return tuple(state[name].shape[0] for name in names)
