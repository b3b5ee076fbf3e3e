"""A recipe: a TOML file that says everything about one training, read into frozen dataclasses.

Each part has its own recipe class (`codec.CodecRecipe`, ...) built of tables; the tables shared by all parts
are here, and `--set` (`changes.py`) changes single fields. A field that is unknown, missing or of another
type is an error that names it: a recipe that trains is complete, so the numbers in the repository are the
numbers that were used. Our choice.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..errors import InputError
from ..limits import MAX_RECIPE
from .changes import changed

Recipe = TypeVar("Recipe")
FOLDER = Path(__file__).parent / "recipes"
PRECISIONS = ("fp32", "bf16")
PARALLEL = ("ddp", "fsdp")


@dataclass(frozen=True)
class Run:
    """How long, on what, how often something is written."""

    steps: int
    seed: int
    precision: str  # "bf16": networks run under autocast, weights and losses stay float32; or "fp32"
    parallel: str  # what several processes hold: "ddp" all of the network each, or "fsdp" (FSDP2) a share
    accumulate: int  # pieces a process cuts its share of a batch into, to need less memory
    activation_checkpointing: bool  # blocks are computed again in the backward pass, to need less memory
    compile: bool  # torch.compile of the blocks
    log_steps: int  # one line in log.jsonl is the mean over this many steps
    validate_steps: int
    checkpoint_steps: int
    checkpoint_minutes: float  # whichever comes first

    def __post_init__(self) -> None:
        for name, known in (("precision", PRECISIONS), ("parallel", PARALLEL)):
            if getattr(self, name) not in known:
                raise InputError(f'run.{name} = "{getattr(self, name)}": choose one of {", ".join(known)}.')
        for field in dataclasses.fields(self):
            if field.type == "int" and field.name != "seed" and getattr(self, field.name) < 1:
                raise InputError(f"run.{field.name} = {getattr(self, field.name)}: give 1 or more.")


@dataclass(frozen=True)
class BatchRun(Run):
    """Of a part whose batches are all of one size."""

    batch: int  # in all processes together


def check_held_whole(run: Run) -> None:
    """InputError where a run asks for what is made for flow networks alone: the smaller parts are held whole
    by every process (`loop.parallel.Averaged`) and run as they are."""
    for name, plain in (("parallel", "ddp"), ("activation_checkpointing", False), ("compile", False)):
        if getattr(run, name) != plain:
            said, only = (json.dumps(value) for value in (getattr(run, name), plain))
            raise InputError(f"run.{name} = {said}: this part takes {only} alone.")


@dataclass(frozen=True)
class Optimisation:
    """AdamW under InverseLR (fact sheet section 2); see `schedule.inverse_lr` and `optimiser.Optimiser`."""

    lr: float
    lr_final: float
    inv_gamma: float
    power: float
    warmup: float
    betas: tuple[float, float]
    eps: float
    weight_decay: float
    max_norm: float  # gradients are scaled down to this norm


@dataclass(frozen=True)
class Source:
    """A recipe's text and what to call it in messages."""

    name: str
    text: str


def recipe_source(recipe: Path | None, part: str, changes: Sequence[str] = ()) -> Source:
    """`recipe`: a TOML file; None: the part's own, which trains `small` from nothing. `changes`:
    "run.steps=100" and the like."""
    path = recipe or FOLDER / f"{part}.toml"
    if not path.is_file():
        raise InputError(f"--recipe {path}: there is no such file; give a TOML file, or leave it out.")
    return Source(f"recipe {path}", changed(recipe_text(path), changes))


def recipe_text(path: Path) -> str:
    size = Path(path).stat().st_size
    if size > MAX_RECIPE:
        raise InputError(f"recipe {path} has {size:,} bytes, and {MAX_RECIPE:,} are the most; give a recipe.")
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"recipe {path} is not TOML, which is UTF-8: {error}") from error


def read_recipe(recipe: Source | Path, cls: type[Recipe]) -> Recipe:
    """The TOML file as a `cls`; raises InputError naming the file and the field."""
    if isinstance(recipe, Path):
        recipe = Source(f"recipe {recipe}", recipe_text(recipe))
    toml = _toml()
    try:
        values = toml.loads(recipe.text)
    except (toml.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{recipe.name} is not TOML: {error}") from error
    try:
        return _table(cls, values, "")
    except InputError as error:
        raise InputError(f"{recipe.name}: {error}") from error


def _toml() -> Any:
    try:
        import tomllib
    except ModuleNotFoundError:  # Python 3.10
        try:
            import tomli as tomllib
        except ModuleNotFoundError as error:
            raise InputError("Recipes are TOML: use Python 3.11 or newer, or `pip install tomli`.") from error
    return tomllib


def _table(cls: type, values: Any, where: str) -> Any:
    if not isinstance(values, dict):
        raise InputError(f"{where.rstrip('.')} must be a table [{where.rstrip('.')}], not {values!r}.")
    hints = typing.get_type_hints(cls)
    names = [f.name for f in dataclasses.fields(cls)]
    for wrong, what in ((set(values) - set(names), "unknown"), (set(names) - set(values), "missing")):
        if wrong:
            fields = ", ".join(where + n for n in sorted(wrong))
            raise InputError(
                f"{fields}: {what}. {'The file' if not where else '[' + where[:-1] + ']'} has {names}."
            )
    return cls(**{name: _value(hints[name], values[name], where + name) for name in names})


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return _table(hint, value, where + ".")
    if origin is tuple and isinstance(value, list):
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else list(inner)
        if len(kinds) == len(value):
            return tuple(
                _value(k, v, f"{where}[{i}]") for i, (k, v) in enumerate(zip(kinds, value, strict=True))
            )
    elif origin is dict and isinstance(value, dict):
        return {key: _value(inner[1], v, f"{where}.{key}") for key, v in value.items()}
    elif origin in (typing.Union, types.UnionType):
        raise TypeError(f"{where}: recipes have no optional fields; {hint} can't be read.")
    elif hint is float and type(value) in (int, float):
        return float(value)
    elif isinstance(hint, type) and type(value) is hint:
        return value
    raise InputError(f"{where} = {value!r}: it must be {getattr(hint, '__name__', None) or hint}.")
