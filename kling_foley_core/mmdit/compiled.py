"""The velocity compiled by torch.compile, for lengths of a few kinds (paper section 6.4: static shapes).

A compiled network is made for one shape, in a minute or more. So latents and picture tokens are padded to the
next whole number of `STEP` seconds, both by the same, and the network is told what is padding: it compiles
once for each of these lengths (and batch size; torch takes eight in all and runs further ones as they are).
A window has 10 s at most, so that there are five. Padding costs its share of the time: none for 8 and 10 s,
a tenth for 9 s. `condition` runs once and stays as it is.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from fractions import Fraction
from importlib.util import find_spec
from math import ceil

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from ..timing import VISUAL_FPS
from .features import Conditions
from .model import MMDiT

STEP = 2  # seconds
COMPILERS = {"win32": "cl", "darwin": "clang++"}  # that torch calls; elsewhere g++, or what CXX names


class CompiledVelocity:
    """x [B, L, C], t [B], conditions -> [B, L, C] of a network whose latents have `rate` frames a second."""

    def __init__(self, network: MMDiT, rate: Fraction, backend: str | Callable = "inductor") -> None:
        self.turns = network.turns
        self.evaluate = torch.compile(network.evaluate, dynamic=False, backend=backend)
        self.frames, self.tokens = ceil(STEP * rate), ceil(STEP * VISUAL_FPS)

    def __call__(self, x: Tensor, t: Tensor, conditions: Conditions) -> Tensor:
        length, tokens = x.shape[1], conditions.visual.shape[1]
        steps = max(ceil(length / self.frames), ceil(tokens / self.tokens))
        frames, places = steps * self.frames, steps * self.tokens
        padded = Conditions(
            visual=_padded(conditions.visual, places),
            text=conditions.text.contiguous(),  # one layout in memory: torch compiles for each
            align=_padded(conditions.align, frames),
            overall=conditions.overall.contiguous(),
        )
        kept = _kept(length, frames, x.device), _kept(tokens, places, x.device)
        turns = self.turns(frames, places, length / tokens, x.device)
        return self.evaluate(_padded(x, frames), t.contiguous(), padded, turns, kept)[:, :length]


def compile_velocity(network: MMDiT, rate: Fraction) -> None:
    """From here on `network.velocity` runs compiled, with torch's own attention."""
    network.compiled = CompiledVelocity(network, rate)


def check_compiler(device: torch.device) -> None:
    """InputError where torch lacks what it needs to compile."""
    compiler = os.environ.get("CXX", COMPILERS.get(sys.platform, "g++"))
    if device.type == "cpu" and not any(map(shutil.which, compiler.split()[:1])):
        raise InputError(
            f"compile: on a CPU torch needs a C++ compiler, and {compiler or 'that of CXX'} is not found; "
            "install it, name another in CXX, or do without compile."
        )
    if device.type == "cuda" and find_spec("triton") is None:
        raise InputError(
            "compile: on a GPU torch needs the package triton; install it, or do without compile."
        )


def _padded(x: Tensor, length: int) -> Tensor:
    return F.pad(x, (0, 0, 0, length - x.shape[1])).contiguous()


def _kept(length: int, padded: int, device: torch.device) -> Tensor:
    return (torch.arange(padded, device=device) < length)[None, :, None]
