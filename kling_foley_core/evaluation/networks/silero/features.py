"""What Silero VAD reads of a sound: {"speech" [T]}, the probability of speech every 32 ms.

The mean over channels at 16 kHz, as loud as it is.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from ..feature_network import SECONDS, Features
from ..waveform import long_enough, mono
from ..weights import filled, read_state
from . import WEIGHTS
from .network import FRAME, RATE, SileroVAD


class SileroFeatures:
    name = "silero"

    def __init__(self, network: SileroVAD) -> None:
        self.network = network

    @torch.inference_mode()
    def of_sound(self, sound: Tensor, rate: int, seconds: float = SECONDS) -> Features:
        wave = long_enough(mono(sound, rate, RATE, seconds, centred=False), FRAME, RATE, "Silero VAD")
        return {"speech": self.network(wave.to(self.network.conv1.weight.device)).cpu()}


def load_silero(path: Path, device: torch.device) -> SileroFeatures:
    """The built-in one; `path`, where others have a file, says nothing."""
    return SileroFeatures(filled(SileroVAD, read_state(WEIGHTS), WEIGHTS, "Silero VAD", device))
