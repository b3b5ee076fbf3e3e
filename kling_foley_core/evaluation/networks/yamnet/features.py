"""What YAMNet reads of a sound: {"embedding" [W, 1024], "logits" [521]}.

The mean over channels at 16 kHz, neither centred nor levelled, as its authors feed it. `logits` (before the
sigmoid) are the mean over the windows: one vector a clip, as the other classifiers give, in which all windows
weigh alike (our choice). A sound shorter than one window is repeated until it fills one: of a hit of 0.2 s
with silence behind it, silence is most of what is judged.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from ..audioset_mel import LEAST, RATE
from ..feature_network import SECONDS, Features
from ..waveform import long_enough, mono
from ..weights import filled, read_state
from . import WEIGHTS
from .front_end import patches
from .network import YAMNet

AT_ONCE = 64  # windows: 31 s
SHORTEST = RATE // 20  # samples; less is a click whatever it was


class YamnetFeatures:
    name = "yamnet"

    def __init__(self, network: YAMNet) -> None:
        self.network = network

    @torch.inference_mode()
    def of_sound(self, sound: Tensor, rate: int, seconds: float = SECONDS) -> Features:
        wave = long_enough(mono(sound, rate, RATE, seconds, centred=False), SHORTEST, RATE, "YAMNet")
        if len(wave) < LEAST:
            wave = wave.repeat(-(-LEAST // len(wave)))[:LEAST]
        device = self.network.classes.weight.device
        each = [self.network(part.to(device)) for part in patches(wave).split(AT_ONCE)]
        embedding, logits = (torch.cat(parts).cpu() for parts in zip(*each, strict=True))
        return {"embedding": embedding, "logits": logits.mean(0)}


def load_yamnet(path: Path, device: torch.device) -> YamnetFeatures:
    """The built-in one, in float32; `path`, where others have a file, says nothing."""
    return YamnetFeatures(filled(YAMNet, read_state(WEIGHTS), WEIGHTS, "YAMNet", device))


@lru_cache(maxsize=1)
def class_names() -> tuple[str, ...]:
    """Of the 521 logits, as AudioSet names them."""
    with safe_open(WEIGHTS, framework="pt") as file:
        return tuple(json.loads(file.metadata()["classes"]))
