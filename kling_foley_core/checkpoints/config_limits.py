"""Whether a config asks for a network that can be built: every number of it, before anything is made."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from ..errors import InputError
from ..limits import (
    MAX_FLOW_BLOCKS,
    MAX_LAYERS,
    MAX_LEVEL_BLOCKS,
    MAX_PICTURE,
    MAX_STAGES,
    MAX_VOCABULARY,
    MAX_WIDTH,
)

MOST = {
    **dict.fromkeys(("joint_depth", "audio_depth"), MAX_FLOW_BLOCKS),
    **dict.fromkeys(("layers", "depth"), MAX_LAYERS),
    **dict.fromkeys(("encoder_blocks", "decoder_blocks"), MAX_LEVEL_BLOCKS),
    **dict.fromkeys(("image_size", "input_size"), MAX_PICTURE),
    "vocabulary": MAX_VOCABULARY,
}
LEAST_0 = ("audio_depth", "fmin")


def check_config(config: Any) -> None:
    """InputError naming the field whose number can't be."""
    for field in dataclasses.fields(config):
        check_number(field.name, getattr(config, field.name))


def check_number(name: str, value: Any) -> None:
    """The value of one field: a number, or a row of them; anything else passes."""
    values = value if isinstance(value, (tuple, list)) else [value]
    if len(values) > MAX_STAGES:
        raise InputError(f"its {name} has {len(values):,} entries, and {MAX_STAGES} are the most.")
    most, least = MOST.get(name, MAX_WIDTH), 0 if name in LEAST_0 else 1
    for number in values:
        if type(number) is int and not least <= number <= most:
            raise InputError(f"its {name} is {_short(number)}, and {least} to {most:,} can be.")
        if type(number) is float and not (math.isfinite(number) and number > 0):
            raise InputError(f"its {name} is {number}, which is no positive number.")


def _short(number: int) -> str:
    """Numbers of thousands of digits can't be printed."""
    return f"{number:,}" if abs(number) < 10**18 else f"about 2 to the power of {number.bit_length()}"
