"""Inside ComfyUI's process (see inside.py): Foley Best Take over takes whose onsets are known."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch
from comfy_api.latest import InputImpl, Types
from inside import part

RATE, FPS, SECONDS = 44100, 25, 4
TURNS = (0.8, 1.6, 2.6)
LATE = (0.3, 0.0, 0.1)  # seconds, of each take


def film() -> torch.Tensor:
    """A square that bounces at TURNS, IMAGE [N, 64, 64, 3]."""
    images = torch.full((SECONDS * FPS, 64, 64, 3), 0.3)
    edges = torch.tensor([-0.2, *TURNS, SECONDS])
    for k, image in enumerate(images):
        after = int(torch.searchsorted(edges, torch.tensor(k / FPS), right=True))
        since, whole = k / FPS - edges[after - 1], edges[after] - edges[after - 1]
        lower = 60 - round(float(80 * since * (whole - since)))
        image[max(0, lower - 14) : lower, 25:39] = 0.9
    return images


def takes() -> dict[str, Any]:
    draw = torch.Generator().manual_seed(0)
    wave = 1e-4 * torch.randn(len(LATE), 2, SECONDS * RATE, generator=draw)
    decay = torch.exp(-torch.arange(RATE // 20) / (0.008 * RATE))
    for take, late in zip(wave, LATE, strict=True):
        for turn in TURNS:
            at = round((turn + late) * RATE)
            take[:, at : at + len(decay)] += 0.5 * decay * torch.randn(len(decay), generator=draw)
    return {"waveform": wave, "sample_rate": RATE, "foley_note": "A note."}


def orders() -> dict[str, Any]:
    """What comes out for a video made of images, and for the images themselves."""
    images, audio, node = film(), takes(), part("nodes.takes").BestTake
    parts = Types.VideoComponents(images=images, audio=None, frame_rate=Fraction(FPS))
    given = {
        "video": {"video": InputImpl.VideoFromComponents(parts), "fps": 24.0},
        "images": {"images": images, "fps": float(FPS)},
    }
    found = {}
    for name, film_inputs in given.items():
        every, best, agreement, order = node.execute(audio, first_seed=40, **film_inputs).result
        source = audio["waveform"]
        found[name] = {
            "order": order,
            "agreement": agreement,
            "takes": [source.sub(w).abs().amax((1, 2)).argmin().item() for w in every["waveform"]],
            "best": torch.equal(best["waveform"], source[1:2].clamp(-1, 1)),
            "note": best["foley_note"],
        }
    return found


def refusals() -> dict[str, str]:
    errors, node, told = part("kling_foley_core.errors"), part("nodes.takes").BestTake, {}
    cases = {
        "no film": (takes(), {}),
        "no sound": (None, {"images": film()}),
        "too many": ({"waveform": torch.zeros(65, 1, 100), "sample_rate": RATE}, {"images": film()}),
    }
    for name, (audio, given) in cases.items():
        try:
            node.execute(audio, fps=25.0, **given)
        except errors.InputError as error:
            told[name] = str(error)
    return told


CHECKS = (orders, refusals)
