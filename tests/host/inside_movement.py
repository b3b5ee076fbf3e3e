"""Inside ComfyUI's process (see inside.py): stereo that follows what moves, a mask or places."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch
from comfy_api.latest import InputImpl, Types
from inside import part

RATE, FPS, SECONDS = 16000, 25, 2


def click_and_ball() -> tuple[dict[str, Any], torch.Tensor]:
    """A batch of two sounds with a click at 1 s, of which the second is in stereo only by its shape, and
    images in which a ball at the left bounces then."""
    wave = 1e-4 * torch.randn(2, 1, SECONDS * RATE, generator=torch.Generator().manual_seed(0))
    wave[:, :, RATE : RATE + 800] += 0.1 * torch.randn(800, generator=torch.Generator().manual_seed(1))
    images = torch.full((SECONDS * FPS, 60, 100, 3), 0.3)
    for k, image in enumerate(images):
        top = round(40 - 60 * abs(k / FPS - 1) + 40 * abs(k / FPS - 1) ** 2)
        image[max(0, top) : top + 12, 14:26] = 0.9
    return {"waveform": wave.expand(2, 2, -1), "sample_rate": RATE}, images


def leaning(audio: dict[str, Any], first: float, last: float) -> float:
    """-1 left to 1 right, of the energies between two times."""
    left, right = (
        audio["waveform"][..., round(first * RATE) : round(last * RATE)].square().sum((0, 2)).tolist()
    )
    return (right - left) / (right + left)


@torch.inference_mode()
def nodes() -> dict[str, Any]:
    node, audio, images = part("nodes.movement").StereoByMovement.execute, *click_and_ball()
    video = InputImpl.VideoFromComponents(
        Types.VideoComponents(images=images, audio=None, frame_rate=Fraction(FPS))
    )
    mask = torch.zeros(1, 60, 100)
    mask[:, :, 80:] = 1
    made = {
        "images": node(audio, FPS, "", 0.3, images=images),
        "video": node(audio, FPS, "", 0.3, video=video),
        "mask": node(audio, FPS, "", 0.0, mask=mask),
        "places": node(audio, FPS, "0:-1, 1:1", 0.0),
        "no renderer": part("nodes.stereo").StereoRender.execute(None, audio, None, video=video),
    }
    sounds = {name: out.result[0] for name, out in made.items()}
    mono = audio["waveform"].mean(1)
    return {
        "at the click": {name: leaning(sound, 1.0, 1.05) for name, sound in sounds.items()},
        "at first": leaning(sounds["places"], 0, 0.1),
        "shapes": {name: list(sound["waveform"].shape) for name, sound in sounds.items()},
        "off mono": max((s["waveform"].mean(1) - mono).abs().max().item() for s in sounds.values()),
    }


def refused() -> dict[str, str]:
    node, audio, images = part("nodes.movement").StereoByMovement.execute, *click_and_ball()
    wrong = part("kling_foley_core.errors").InputError

    def told(**given: Any) -> str:
        try:
            node(audio, FPS, given.pop("places", ""), 0.3, **given)
        except wrong as error:
            return str(error)
        return "nothing"

    return {
        "nothing connected": told(),
        "both": told(mask=torch.ones(1, 8, 8), places="0:1"),
        "words": told(places="left", images=images),
        "late": told(places="0:0, 9:1"),
        "empty mask": told(mask=torch.zeros(1, 8, 8)),
    }


def asked_for() -> list[list[str]]:
    """What the renderer has the host compute: with a renderer, without one, with nothing connected."""
    lazy = part("nodes.stereo").StereoRender.check_lazy_status
    return [
        lazy(stereo="one", sync_features=None),
        lazy(stereo=None, sync_features=None),
        lazy(stereo="one"),
        lazy(stereo="one", sync_features="there"),
    ]


CHECKS = (nodes, refused, asked_for)
