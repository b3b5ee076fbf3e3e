"""Results as `evaluate clips` writes them, with figures of our own choosing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from clips import write_clip
from torch import Tensor

from kling_foley_core.media import save_audio

RATE = 44100
HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(2)> $title & "q" \' \u202e \u2028 end'


def clip(name: str, figures: dict[str, float | None], **facts: Any) -> dict[str, Any]:
    plain = {"scenario": "Animals", "labels": [], "caption": "", "film": None, "sound": None, "notes": []}
    plain |= {"reference": None, "state": "judged", "onsets": {"sound": [], "reference": []}}
    return {**plain, **facts, "id": name, "figures": figures}


def value(number: float, clips: int = 3) -> dict[str, Any]:
    return {"value": number, "low": number - 0.5, "high": number + 0.5, "clips": clips}


def result(clips: list[dict[str, Any]], measures: dict[str, Any], **facts: Any) -> dict[str, Any]:
    plain = {"schema": 1, "name": "ours", "settings": {"seed": 0}, "manifest": "m.csv", "seconds": 2.0}
    return {**plain, "scenarios": {}, **facts, "clips": clips, "measures": measures}


def with_files(folder: Path, names: str = "abc") -> list[dict[str, Any]]:
    """Clips of 2 s whose films, sounds and references lie in `folder`."""
    found = []
    for k, name in enumerate(names):
        paths = {kind: str(folder / f"{name}_{kind}.wav") for kind in ("sound", "reference")}
        for shift, path in enumerate(paths.values()):
            save_audio(path, knocks(k, shift / 10), RATE)
        paths["film"] = str(write_clip(folder / f"{name}.mp4", 2))
        onsets = {"sound": [0.5, 1.0], "reference": [0.25]}
        found.append(clip(name, {"KL_PANNs": float(k), "DeSync": 0.5 - k / 10}, onsets=onsets, **paths))
    return found


def knocks(seed: int, shift: float) -> Tensor:
    """[1, N], 2 s: four bursts of noise."""
    wave = torch.zeros(1, 2 * RATE)
    for k in range(4):
        burst = 0.3 * torch.randn(1, RATE // 5, generator=torch.Generator().manual_seed(seed))
        start = round((0.4 * k + shift) * RATE)
        wave[:, start : start + RATE // 5] = burst * torch.linspace(1, 0, RATE // 5)
    return wave
