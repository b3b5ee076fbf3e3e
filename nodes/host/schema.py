"""What newer hosts can say of a node and its inputs, said only where the host knows the word.

A name that `io.Schema` or an input does not know is a TypeError, and the host then drops the whole pack.
"""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

from comfy_api.latest import io

NEWER = ("search_aliases",)  # fields of io.Schema that came after the oldest host we support (0.3.64)

_ADVANCED = "advanced" in inspect.signature(io.Float.Input.__init__).parameters
ADVANCED: dict[str, Any] = {"advanced": True} if _ADVANCED else {}  # an input behind "Show advanced inputs"


def schema(**fields: Any) -> io.Schema:
    """io.Schema without those of the NEWER fields that this host lacks; a misspelt field stays an error."""
    known = {field.name for field in dataclasses.fields(io.Schema)}
    return io.Schema(**{name: value for name, value in fields.items() if name in known or name not in NEWER})
