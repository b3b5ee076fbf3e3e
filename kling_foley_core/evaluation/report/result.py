"""result.json, as `evaluate clips` writes it, back from a folder.

    {"schema", "name", "settings", "manifest", "seconds", "measures": {name: VALUE}, "clips": [CLIP],
     "scenarios": {name: {"clips": count, "measures": {name: VALUE}}}}
    VALUE  {"value", "low", "high", "clips"} or {"left_out": why and the remedy}; of two sets "references" too
    CLIP   {"id", "scenario", "labels", "caption", "state", "notes", "film", "start", "seconds", "sound",
            "reference", "figures": {name: number}, "influences": {name: number},
            "onsets": {"sound", "reference"}}

`start`: seconds of the film at which the clip begins; so does its own sound, where that is the reference.
A clip's `seconds`: its length, null to the file's end; the result's `seconds` of it are judged at most.
`clips`, `references`: how many sounds and true sounds the measure is of.
`influences`: by how much the clip moves a measure of the set (measures/intervals.py). Onsets are in seconds
of the clip.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...limits import MAX_RESULT

NAME = "result.json"
SCHEMA = 1
PARTS = {"measures": dict, "scenarios": dict, "clips": list}


def read_result(folder: Path) -> dict[str, Any]:
    """InputError where there is none, or none that this version reads."""
    path = folder / NAME
    remedy = "give the --output folder of `kling-foley evaluate clips`"
    try:
        if path.stat().st_size > MAX_RESULT:
            raise InputError(f"{path} has over {MAX_RESULT} bytes, which no evaluation writes; {remedy}.")
        result = json.loads(path.read_text(encoding="utf-8"), parse_float=_finite, parse_constant=_finite)
    except OSError as error:
        raise InputError(f"{path} can't be read ({error.strerror}); {remedy}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON in UTF-8 ({error}); {remedy}.") from error
    if not isinstance(result, dict) or result.get("schema") != SCHEMA:
        raise InputError(f"{path} is no result of schema {SCHEMA}; evaluate the clips anew.")
    for part, kind in PARTS.items():
        if not isinstance(result.get(part), kind):
            raise InputError(f"{path} has no '{part}'; evaluate the clips anew.")
    if not all(isinstance(clip, dict) and isinstance(clip.get("id"), str) for clip in result["clips"]):
        raise InputError(f"{path}: a clip has no id; evaluate the clips anew.")
    return result


def _finite(text: str) -> float:
    """Of a number as it is written: what JSON has no word for, Python would read."""
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is no number")
    return number
