"""Reads the golden vectors and compares against them, noting each comparison for the table printed after the
tests."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

FOLDER = Path(__file__).parent / "golden"
comparisons: list[tuple[str, str, float, float, float, float]] = []  # file, tensor, max, mean, tolerances


class Golden:
    """One file: `weights()`, `inputs["x"]`, `expected["out.x"]`, `config`, and `check("out.x", value)`."""

    def __init__(self, name: str) -> None:
        self.name = name
        with safe_open(FOLDER / f"{name}.safetensors", "pt") as f:
            header = f.metadata()
            self.tensors = {k: f.get_tensor(k) for k in f.keys()}
        self.config = json.loads(header["config"])
        self.atol = json.loads(header["atol"])
        self.mean_atol = json.loads(header["mean_atol"])

    def weights(self, prefix: str = "w.") -> dict[str, Tensor]:
        """Weights under the public names; stored as bfloat16 where that is exact, used in float32."""
        found = {k[len(prefix) :]: v for k, v in self.tensors.items() if k.startswith(prefix)}
        assert found, f"{self.name} has no tensors called {prefix}*"
        return {k: v.float() if v.is_floating_point() else v for k, v in found.items()}

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[name]

    def check(self, name: str, value: Tensor, *, atol: float | None = None) -> None:
        """Asserts that `value` equals the stored tensor within the stated largest and mean tolerance."""
        want = self.tensors[name]
        assert tuple(value.shape) == tuple(want.shape), f"{self.name} {name}: {value.shape} != {want.shape}"
        difference = (value.detach().double() - want.double()).abs()
        largest, mean = difference.max().item(), difference.mean().item()
        max_tol = self.atol[name] if atol is None else atol
        mean_tol = self.mean_atol[name] if atol is None else atol
        comparisons.append((self.name, name, largest, mean, max_tol, mean_tol))
        assert largest <= max_tol, f"{self.name} {name}: largest difference {largest:.3g} > {max_tol:.3g}"
        assert mean <= mean_tol, f"{self.name} {name}: mean difference {mean:.3g} > {mean_tol:.3g}"


@lru_cache
def golden(name: str) -> Golden:
    return Golden(name)


def golden_json(name: str) -> object:
    return json.loads((FOLDER / f"{name}.json").read_text())


def enlarge(frames: Tensor, times: int) -> Tensor:
    """[..., H, W] stored small -> [..., H*times, W*times] by repetition, as the golden README's input rules
    say."""
    return torch.repeat_interleave(torch.repeat_interleave(frames, times, -1), times, -2)
