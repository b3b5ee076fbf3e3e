"""A bank of sines, and tiny recipes: what the trainers' tests run on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from kling_foley_core.codec import MelConfig
from kling_foley_core.data.recordings.bank import SoundBank, build_bank
from kling_foley_core.data.recordings.clip import HELD_OUT, RATE, TRAIN, Clip
from kling_foley_core.progress import silent
from kling_foley_core.training.recipe import BatchRun, Optimisation

MEL = MelConfig(sampling_rate=RATE, n_fft=2048, hop=512, n_mels=128, fmin=0, fmax=22050, log="ln")
RUN = BatchRun(
    steps=6,
    batch=2,
    seed=3,
    precision="fp32",
    parallel="ddp",
    accumulate=1,
    activation_checkpointing=False,
    compile=False,
    log_steps=2,
    validate_steps=3,
    checkpoint_steps=3,
    checkpoint_minutes=60.0,
)
OPTIMISATION = Optimisation(
    lr=1e-3,
    lr_final=1e-4,
    inv_gamma=100.0,
    power=0.5,
    warmup=0.5,
    betas=(0.9, 0.99),
    eps=1e-8,
    weight_decay=0.0,
    max_norm=1.0,
)


def sine(hertz: float, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def clips() -> list[Clip]:
    made = [Clip(f"sine/{hz}", "world", TRAIN, sine(hz, 2.5)) for hz in (220, 440, 880)]
    return [
        *made,
        Clip("sine/660", "world", HELD_OUT, sine(660)),
        Clip("hum", "music", TRAIN, sine(110, 2.5)),
    ]


def bank(folder) -> SoundBank:
    if not (folder / "bank").exists():
        build_bank(folder / "bank", clips(), MEL, total=5, progress=silent)
    return SoundBank(folder / "bank", MEL)


def run(**changes) -> BatchRun:
    return replace(RUN, **changes)


def same(a, b) -> bool:
    """Equal to the last bit, tensors in nested dicts and lists included."""
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return a == b
