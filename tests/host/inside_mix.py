"""Inside ComfyUI's process (see inside.py): Foley Mix with a film's own sound, with a sound, and alone."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from comfy_api.latest import InputImpl, Types
from inside import part
from inside_interrupts import FPS, SECONDS, film

RATE, OWN_RATE = 44100, 48000
DEFAULTS = {
    "gain": 0.0,
    "own_gain": 0.0,
    "loudness": 0.0,
    "duck": "off",
    "duck_depth": 12.0,
    "duck_attack": 0.05,
    "duck_release": 0.5,
    "fade_in": 0.0,
    "fade_out": 0.0,
}


def noise(takes: int, channels: int, rate: int, seconds: float = SECONDS) -> dict[str, Any]:
    draw = torch.Generator().manual_seed(takes)
    wave = 0.1 * torch.randn(takes, channels, round(seconds * rate), generator=draw)
    return {"waveform": wave, "sample_rate": rate}


def run(audio: Any, **changed: Any) -> list[Any]:
    return list(part("nodes.mix").FoleyMix.execute(audio, **(DEFAULTS | changed)).result)


def mixes() -> dict[str, Any]:
    """Shapes, how far stems are from their mix, and the loudness, of every kind of own sound."""
    loudness = part("kling_foley_core.mix").integrated_loudness
    takes, own = noise(2, 1, RATE), noise(1, 2, OWN_RATE)
    with tempfile.TemporaryDirectory() as folder:
        silent, sounding = film(Path(folder) / "a.mp4"), Path(folder) / "b.mkv"
        part("kling_foley_core.media").mux(silent, own["waveform"][0], OWN_RATE, sounding)
        video = InputImpl.VideoFromFile(str(sounding))
        images = Types.VideoComponents(images=torch.zeros(75, 8, 8, 3), audio=own, frame_rate=Fraction(FPS))
        cases = {
            "video": {"video": video},
            "images": {"video": InputImpl.VideoFromComponents(images)},
            "sound": {"own_audio": own},
            "alone": {},
            "music": {"music": noise(1, 2, OWN_RATE), "music_level": -9.0},
        }
        if hasattr(video, "as_trimmed"):
            cases["trimmed"] = {"video": video.as_trimmed(1.0, 1.0)}
        made = {name: run(takes, loudness=-23.0, **given) for name, given in cases.items()}
    found = {}
    for name, (mix, generated, kept, music) in made.items():
        apart = mix["waveform"] - generated["waveform"] - kept["waveform"] - music["waveform"]
        found[name] = {
            "shape": list(mix["waveform"].shape),
            "rate": mix["sample_rate"],
            "apart": apart.abs().max().item(),
            "loudness": [loudness(take, mix["sample_rate"]) for take in mix["waveform"]],
            "music": [loudness(take, mix["sample_rate"]) for take in music["waveform"]],
            "generated": [loudness(take, mix["sample_rate"]) for take in generated["waveform"]],
            "own at 2.5 s": kept["waveform"][..., int(2.5 * mix["sample_rate"]) :].std().item(),
            "note": mix.get("foley_note", ""),
        }
    return found


def refusals() -> dict[str, str]:
    errors, takes = part("kling_foley_core.errors"), noise(2, 1, RATE)
    with tempfile.TemporaryDirectory() as folder:
        silent = InputImpl.VideoFromFile(str(film(Path(folder) / "a.mp4")))
        cases = {
            "no sound": (None, {}),
            "silent": (takes, {"video": silent}),
            "both": (takes, {"video": silent, "own_audio": takes}),
            "ducking alone": (takes, {"duck": "speech"}),
            "another batch": (takes, {"own_audio": noise(3, 1, RATE)}),
            "another batch of music": (takes, {"music": noise(3, 1, RATE)}),
            "surround": (takes, {"own_audio": noise(1, 6, RATE)}),
        }
        told = {}
        for name, (audio, given) in cases.items():
            try:
                run(audio, **given)
            except errors.InputError as error:
                told[name] = str(error)
    return told


def prompts() -> dict[str, Any]:
    """What Foley Prompts says, and of the built-in model."""
    node, networks = part("nodes.prompts").FoleyPrompts, part("nodes.host.networks")
    small = networks.hosted_model(networks.SMALL_CHOICE)
    found = {"both": list(node.execute("rain", "slow piano", "hum", True).result)}
    found["effects"] = list(node.execute("rain", " ", "", False, small).result)
    try:
        node.execute("rain", "slow piano", "", False, small)
    except part("kling_foley_core.errors").InputError as error:
        found["refused"] = str(error)
    return found


CHECKS = (mixes, refusals, prompts)
