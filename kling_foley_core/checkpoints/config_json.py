"""Frozen dataclass configs to JSON and back, so that our own files say what network they hold.

Only numbers, texts, None, tuples and nested dataclasses occur in configs. Coming back, every field must be
there, none may be unknown and each must be of its type: a config that half fits would build a network that
half fits. What may be None and is not there is None: the file is older than the part it would describe.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from typing import Any

from ..errors import InputError
from .config_limits import check_number


def config_to_json(config: Any) -> dict[str, Any]:
    """{"class": name, field: value, ...}"""
    return {"class": type(config).__name__, **json.loads(json.dumps(dataclasses.asdict(config)))}


def config_from_json(stored: Any, classes: tuple[type, ...]) -> Any:
    """The config object; its class must be one of `classes`."""
    named = stored.get("class") if isinstance(stored, dict) else None
    for cls in classes:
        if cls.__name__ == named:
            return _build(cls, {k: v for k, v in stored.items() if k != "class"})
    known = ", ".join(c.__name__ for c in classes)
    raise InputError(f"the file's config is of class {named!r}, this version knows {known}; update the pack.")


def _build(cls: type, values: dict[str, Any]) -> Any:
    hints = typing.get_type_hints(cls)
    fields = {f.name for f in dataclasses.fields(cls) if f.init}
    absent = {name: None for name in fields - set(values) if type(None) in typing.get_args(hints[name])}
    if fields != set(values) | set(absent):
        raise InputError(
            f"the file's {cls.__name__} has the fields {sorted(values)}, this version wants "
            f"{sorted(fields)}; update the pack, or write the file again with this version."
        )
    for name, value in values.items():
        check_number(name, value)
    try:
        return cls(**absent, **{name: _value(hints[name], value) for name, value in values.items()})
    except TypeError as error:
        raise InputError(f"the file's {cls.__name__} is damaged: {error}; write the file again.") from error


def _value(hint: Any, value: Any) -> Any:
    """The value as a field of type `hint` holds it; TypeError if it can't."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in inner:
            return None
        choices = [h for h in inner if h is not type(None)]
        nested = [h for h in choices if dataclasses.is_dataclass(h) == isinstance(value, dict)]
        return _value((nested or choices)[0], value)
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return _build(hint, value)
    if origin is tuple and isinstance(value, list):
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        if len(kinds) == len(value):
            return tuple(_value(kind, item) for kind, item in zip(kinds, value, strict=True))
    if hint is float and type(value) in (int, float):
        return float(value)
    if type(value) is hint or (origin is typing.Literal and value in inner):
        return value
    raise TypeError(f"{value!r} stands where {hint} is wanted")
