"""The result of `evaluate codec` as text: the models below one another in each class; then what they cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .table import lines

SOUNDS = "sounds"  # how many a row is of
COLUMNS = {
    SOUNDS: ("sounds", 0),
    "pesq": ("PESQ", 2),
    "visqol": ("ViSQOL", 2),
    "si_sdr": ("SI-SDR", 2),
    "sdr": ("SDR", 2),
    "lsd": ("LSD", 2),
    "mcd": ("MCD", 2),
    "mel": ("mel", 2),
    "stft": ("STFT", 2),
    "side_mid": ("S/M dB", 2),
    "pan": ("pan", 2),
}
COST = {
    "encode_rtf": ("encode", 3),
    "decode_rtf": ("decode", 3),
    "memory_mb": ("MB", 0),
}


def codec_table(result: dict[str, Any]) -> str:
    models = result["models"]
    short = [Path(model).name for model in models]
    told = {m: name if short.count(name) == 1 else m for m, name in zip(models, short, strict=True)}
    names = {model: f" {told[model]}" if len(models) > 1 else "" for model in models}
    rows: dict[str, dict[str, float | None]] = {}
    for row in dict.fromkeys(row for model in models.values() for row in model["rows"]):
        for model, found in models.items():
            if row in found["rows"]:
                numbers = found["rows"][row]
                sounds = {SOUNDS: max((v["clips"] for v in numbers.values()), default=0)}
                rows[row + names[model]] = sounds | {k: v["value"] for k, v in numbers.items()}
    cost = {told[model]: found["cost"] for model, found in models.items()}
    counts = ", ".join(f"{kind} {count}" for kind, count in result["clips"].items())
    notes = [f"Sounds measured: {counts}."] if counts else []
    notes += [f"{measure} {why}" for measure, why in result["left_out"].items()]
    notes += [f"not measured: {why}" for why in result["not_measured"].values()]
    tables = [lines([*rows.items()], COLUMNS)] if rows else []
    costs = "Seconds of computing for a second of sound, and peak memory:\n" + lines([*cost.items()], COST)
    return "\n\n".join([*tables, costs, *(["\n".join(notes)] if notes else [])])
