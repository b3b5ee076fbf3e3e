"""Inside ComfyUI's process (see inside.py): Foley Evaluate over takes whose onsets are known."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import torch
from comfy_api.latest import InputImpl, Types
from inside import part
from inside_takes import FPS, LATE, RATE, TURNS, film, takes

TRUE = LATE.index(0.0)  # the take that is in time


def evaluate(**given: Any) -> tuple[Any, ...]:
    out = part("nodes.evaluate").Evaluate.execute(**{"choose_by": "hits F1"} | given)
    return (*out.result, out.ui)


def video(audio: dict[str, Any] | None) -> Any:
    return InputImpl.VideoFromComponents(
        Types.VideoComponents(images=film(), audio=audio, frame_rate=Fraction(FPS))
    )


def reference() -> dict[str, Any]:
    return {"waveform": takes()["waveform"][TRUE : TRUE + 1], "sample_rate": RATE}


def bests() -> dict[str, Any]:
    """By a reference, by the video's own sound, by what moves, and by a figure of the sound alone."""
    shifted = takes()
    shifted["waveform"] += torch.tensor([0.02, 0.01, 0.0])[:, None, None]
    given = {
        "reference": {"reference": reference()},
        "own sound": {"video": video(reference())},
        "movement": {"video": video(None), "choose_by": "movement agreement"},
        "alone": {"audio": shifted, "choose_by": "DC"},
    }
    found = {}
    for name, inputs in given.items():
        audio = inputs.get("audio", takes())
        best, index, text, data, picture, ui = evaluate(**{"audio": audio, "prompt": "a ball"} | inputs)
        found[name] = {
            "index": index,
            "best": torch.equal(best["waveform"], audio["waveform"][index : index + 1].clamp(-1, 1)),
            "note": best["foley_note"],
            "text": text,
            "json": json.loads(data),
            "picture": list(picture.shape),
            "shown": [saved["type"] for saved in ui["images"]],
        }
    return found


def onsets_in_the_picture() -> dict[str, bool]:
    """True and heard onsets are ticked in red over, and in blue under, the spectrogram."""
    picture = evaluate(audio=reference(), reference=reference())[4][0]
    colours = {"red": (255, 107, 94), "blue": (90, 169, 255)}
    return {
        name: bool(((picture * 255).round() == torch.tensor(colour).float()).all(-1).sum() > 20 * len(TURNS))
        for name, colour in colours.items()
    }


def alone() -> dict[str, Any]:
    """One sound, nothing else: no figure by which to choose is asked for."""
    best, index, text, data, picture, _ = evaluate(audio=reference())
    return {"index": index, "names": list(json.loads(data)["takes"][0]["figures"]), "text": text}


def refusals() -> dict[str, str]:
    errors, told = part("kling_foley_core.errors"), {}
    two = takes()["waveform"][:2]
    cases = {
        "no sound": {"audio": None},
        "nothing to choose by": {"audio": takes()},
        "nothing moves": {"audio": takes(), "choose_by": "movement agreement", "reference": reference()},
        "two references": {"audio": takes(), "reference": {"waveform": two, "sample_rate": RATE}},
        "surround": {"audio": {"waveform": torch.zeros(1, 6, RATE), "sample_rate": RATE}},
        "NaN": {"audio": reference(), "reference": {"waveform": two * torch.nan, "sample_rate": RATE}},
        "too many": {"audio": {"waveform": torch.zeros(65, 1, 100), "sample_rate": RATE}},
    }
    for name, given in cases.items():
        try:
            evaluate(**given)
        except errors.InputError as error:
            told[name] = str(error)
    return told


def lengths() -> list[list[str]]:
    """What is said of two seconds against references of 3, 1 and 2.05."""
    apart, wave = part("nodes.evaluate").apart, torch.zeros(1, 1, 2 * RATE)
    return [apart(wave, RATE, (torch.zeros(1, 1, round(s * RATE)), RATE)) for s in (3, 1, 2.05)]


CHECKS = (bests, onsets_in_the_picture, alone, refusals, lengths)
