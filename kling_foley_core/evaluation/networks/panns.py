"""PANNs Cnn14 for 16 kHz (Kong et al. 2020): sound -> {"embedding" [2048], "logits" [527]}.

    wave [N] -> power spectrum [T, 257] (periodic Hann of 512 samples, hop 160, centred, edges reflected)
             -> 64 mel bands in decibels [T, 64]
             -> six blocks of two convolutions, T and bands halved behind the first five
             -> mean over bands, maximum plus mean over time -> embedding, after its ReLU
             -> logits, before the sigmoid

The cosines, sines and mel bands are tensors of the file, used as they are. Parameters are named as there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .feature_network import SECONDS, Features
from .waveform import long_enough, mono
from .weights import Shapes, State, filled, read_state

HEADING = "PANNs Cnn14 16 kHz"
RATE, HOP, WINDOW, MELS = 16000, 160, 512, 64
FLOOR = 1e-10  # of a band's power before the logarithm
HALVED = 5  # times: blocks that are followed by a pooling
LEAST = HOP * (2**HALVED - 1)  # samples that leave one frame after them
REAL = "spectrogram_extractor.stft.conv_real.weight"
IMAGINARY = "spectrogram_extractor.stft.conv_imag.weight"
BANDS = "logmel_extractor.melW"


@dataclass(frozen=True)
class Cnn14Config:
    widths: tuple[int, ...]  # of the six blocks
    embedding: int
    classes: int


class Cnn14(nn.Module):
    def __init__(self, config: Cnn14Config) -> None:
        super().__init__()
        self.spectrogram_extractor = nn.ModuleDict({"stft": _Fourier()})
        self.logmel_extractor = nn.ParameterDict({"melW": torch.empty(WINDOW // 2 + 1, MELS)})
        self.bn0 = nn.BatchNorm2d(MELS)
        for i, (before, width) in enumerate(zip((1, *config.widths), config.widths, strict=False), 1):
            self.add_module(f"conv_block{i}", _Block(before, width))
        self.fc1 = nn.Linear(config.widths[-1], config.embedding)
        self.fc_audioset = nn.Linear(config.embedding, config.classes)
        self.blocks = len(config.widths)

    def forward(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """[B, N] -> embedding [B, D], logits [B, classes]."""
        power = self.spectrogram_extractor["stft"](wave)
        mel = (power @ self.logmel_extractor["melW"]).clamp(min=FLOOR)
        x = self.bn0(10 * mel.log10().transpose(1, 2)[..., None])  # bands as channels
        x = x.permute(0, 3, 2, 1)
        for i in range(1, self.blocks + 1):
            x = self.get_submodule(f"conv_block{i}")(x)
            x = F.avg_pool2d(x, 2) if i <= HALVED else x
        x = x.mean(3)
        embedding = F.relu(self.fc1(x.amax(2) + x.mean(2)))
        return embedding, self.fc_audioset(embedding)


class _Fourier(nn.Module):
    """[B, N] -> power [B, T, bins]."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_real = nn.Conv1d(1, WINDOW // 2 + 1, WINDOW, HOP, bias=False)
        self.conv_imag = nn.Conv1d(1, WINDOW // 2 + 1, WINDOW, HOP, bias=False)

    def forward(self, wave: Tensor) -> Tensor:
        padded = F.pad(wave[:, None], (WINDOW // 2, WINDOW // 2), mode="reflect")
        return (self.conv_real(padded).square() + self.conv_imag(padded).square()).transpose(1, 2)


class _Block(nn.Module):
    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


class PannsFeatures:
    name = "panns"

    def __init__(self, network: Cnn14, device: torch.device) -> None:
        self.network, self.device = network.to(device), device

    @torch.no_grad()
    def of_sound(self, sound: Tensor, rate: int, seconds: float = SECONDS) -> Features:
        wave = long_enough(mono(sound, rate, RATE, seconds), LEAST, RATE, HEADING)
        embedding, logits = self.network(wave[None].to(self.device))
        return {"embedding": embedding[0].cpu(), "logits": logits[0].cpu()}


def is_panns(shapes: Shapes) -> bool:
    return (
        shapes.get(REAL) == (WINDOW // 2 + 1, 1, WINDOW)
        and shapes.get(BANDS) == (WINDOW // 2 + 1, MELS)
        and {"conv_block6.conv2.weight", "fc1.weight", "fc_audioset.weight"} <= shapes.keys()
        and "pre_conv0.weight" not in shapes  # Wavegram's
    )


def other_panns(shapes: Shapes) -> str:
    window, bands = shapes.get(REAL, ())[2:], shapes.get(BANDS, ())[1:]
    if not window or not bands or is_panns(shapes):
        return ""
    return (
        f"a PANNs network of another kind (a window of {window[0]} samples in place of {WINDOW}, {bands[0]} "
        f"mel bands in place of {MELS}, or other layers)"
    )


def load_panns(path: Path, device: torch.device) -> PannsFeatures:
    state = read_state(path)
    return PannsFeatures(filled(lambda: Cnn14(config_of(state)), state, path, HEADING), device)


def config_of(state: State) -> Cnn14Config:
    blocks = sum(n.startswith("conv_block") and n.endswith(".conv2.weight") for n in state)
    return Cnn14Config(
        widths=tuple(state[f"conv_block{i}.conv2.weight"].shape[0] for i in range(1, blocks + 1)),
        embedding=state["fc1.weight"].shape[0],
        classes=state["fc_audioset.weight"].shape[0],
    )
