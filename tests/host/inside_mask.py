"""Inside ComfyUI's process (see inside.py): feature nodes and Foley Best Take with a MASK."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from comfy_api.latest import InputImpl, Types
from inside import part
from inside_interrupts import film
from inside_takes import FPS, takes
from inside_takes import film as bouncing

LEFT = torch.zeros(1, 64, 64)
LEFT[..., :20] = 1  # where nothing moves


def tokens(node: str, hosted: str, **given: Any) -> torch.Tensor:
    networks = part("nodes.host.networks")
    encoder = getattr(networks, f"hosted_{hosted}_encoder")(networks.SMALL_CHOICE)
    name = f"{hosted}_encoder"
    (features,) = getattr(part(f"nodes.{hosted}"), node).execute(**{name: encoder}, **given).result
    return features.tokens


def features() -> dict[str, Any]:
    """How far tokens with a mask are from those without, and from those of a film that is grey there."""
    images, found = bouncing(), {}
    grey = images.clone()
    grey[:] = 128 / 255
    parts = Types.VideoComponents(images=images, audio=None, frame_rate=Fraction(FPS))
    for hosted, node in (("visual", "VisualFeaturesNode"), ("sync", "SyncFeaturesNode")):
        given = {"fps": float(FPS), "images": images}
        plain = tokens(node, hosted, **given)
        shut = tokens(node, hosted, **given, mask=torch.zeros(1, 64, 64))
        video = InputImpl.VideoFromComponents(parts)
        found[hosted] = {
            "all": (tokens(node, hosted, **given, mask=torch.ones(100, 64, 64)) - plain).abs().max().item(),
            "none": (shut - tokens(node, hosted, fps=float(FPS), images=grey)).abs().max().item(),
            "apart": (shut - plain).abs().max().item(),
            "left": (tokens(node, hosted, **given, mask=LEFT) - plain).abs().max().item(),
            "video": (
                tokens(node, hosted, fps=1.0, video=video, mask=LEFT)
                - tokens(node, hosted, **given, mask=LEFT)
            )
            .abs()
            .max()
            .item(),
        }
    return found


def ranking() -> list[str]:
    """The order's lines where what moves is masked away."""
    return (
        part("nodes.takes")
        .BestTake.execute(takes(), fps=float(FPS), images=bouncing(), mask=LEFT)
        .result[3]
        .splitlines()
    )


def refusals() -> dict[str, str]:
    errors, told = part("kling_foley_core.errors"), {}
    with tempfile.TemporaryDirectory() as folder:
        video = InputImpl.VideoFromFile(str(film(Path(folder) / "a.mp4")))
        size = video.get_dimensions()
        cases = {
            "shape": ({"images": bouncing()}, torch.ones(1, 64, 32)),
            "frames": ({"images": bouncing()}, torch.ones(40, 64, 64)),
            "file": ({"video": video}, torch.ones(1, size[1], 2 * size[0])),
            "frames of a file": ({"video": video}, torch.ones(30, size[1], size[0])),
        }
        for name, (given, mask) in cases.items():
            try:
                tokens("SyncFeaturesNode", "sync", fps=float(FPS), **given, mask=mask)
            except errors.InputError as error:
                told[name] = str(error)
    return told


CHECKS = (features, ranking, refusals)
