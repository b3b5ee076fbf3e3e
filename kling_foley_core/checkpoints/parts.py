"""A file's parts: one network, the two CLIP towers, a codec with its vocoder, or a bundle of our own.

ComfyUI core's 16 kHz "VAE" file holds `vae.*` (already normalised), `vocoder.*` (plain weights) and
`mel_converter.*` (recomputed by us). Our bundles name their parts and configs in the safetensors metadata.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..limits import MAX_CONFIG_TEXT
from .catalogue import advice
from .config_json import config_from_json
from .config_limits import check_config
from .keymaps import from_transformers
from .kinds import CLIP_PARTS, KINDS
from .kinds.clip import both_towers, is_clip
from .kinds.kind import Kind, State
from .strangers import stranger

FORMAT = "kling-foley"
BUNDLE = "kling_foley"
QUOTED = 500  # characters of a file's own words, or of torch's, in a message
COMBINED = {"vae.": "vae.decoder.conv_in.weight", "vocoder.": "vocoder.conv_pre.weight"}
WANTED = (
    "This pack reads flow networks (MMAudio, Kling-Foley), MMAudio's VAEs, BigVGAN vocoders, Synchformer, "
    "CLIP (DFN5B or MetaCLIP), T5 encoders, and its own files."
)


@dataclass(frozen=True)
class Part:
    """One network of a file: its names in the state of the file begin with `prefix`."""

    kind: Kind
    prefix: str
    state: State  # canonical, without prefix
    config: Any
    converted: bool  # the weights need no normalisation any more


def split(state: State, metadata: dict[str, str], file: str) -> tuple[str, list[Part]]:
    """-> (the file's kind, its parts). Works on meta tensors and on real ones."""
    if not state:
        raise InputError(f"{file} holds no tensors at all. {WANTED}")
    if is_own(metadata):
        return _own(state, metadata, file)
    if all(name in state for name in COMBINED.values()):
        return "vae+vocoder", [
            _public(_below(state, p), KINDS[p[:-1]], p, file, converted=True) for p in COMBINED
        ]
    other = stranger(state)
    if is_clip(state) and other is None:
        with _read_as(CLIP_PARTS[0], file):
            both = both_towers(state)
        towers = [(k, k.canonical(both)) for k in CLIP_PARTS]
        return "clip", [_public(s, k, "", file) for k, s in towers if s]
    for kind in KINDS.values():
        if kind.matches(state):
            return kind.name, [_public(state, kind, "", file)]
    if other is not None:
        raise InputError(f"{file} is {other.what}, as far as its tensors tell. {other.remedy}")
    raise InputError(
        f"{file} is none of the networks this pack knows: {len(state)} tensors, such as "
        f"{', '.join(list(state)[:4])}. {WANTED}"
    )


def is_known(state: State) -> bool:
    """Whether these are the names of a public network, one or more."""
    combined = all(name in state for name in COMBINED.values())
    return combined or is_clip(state) or any(kind.matches(state) for kind in KINDS.values())


def is_own(metadata: dict[str, str]) -> bool:
    return metadata.get("format") == FORMAT


def _public(state: State, kind: Kind, prefix: str, file: str, *, converted: bool = False) -> Part:
    with _read_as(kind, file):
        state = kind.canonical(state)
        config = kind.config(state)
        check_config(config)
    return Part(kind, prefix, state, config, converted)


@contextmanager
def _read_as(kind: Kind, file: str) -> Iterator[None]:
    """Tensors that are absent, or of shapes that can't be, are the file's fault and are told as such."""
    try:
        yield
    except (KeyError, IndexError, ValueError, TypeError, RuntimeError, ZeroDivisionError) as error:
        reason = f"tensor {error.args[0]} is missing" if isinstance(error, KeyError) else first_line(error)
        raise InputError(
            f"{file} looks like {kind.what}, but {reason.rstrip('.')}. {piece_of(file)}{advice(kind.name)}"
        ) from error


def first_line(error: Exception) -> str:
    """torch adds the places in its own sources."""
    return str(error).split("\n")[0][:QUOTED]


def piece_of(file: str) -> str:
    """What to say of one file of several; for once the name tells, and only after the tensors did not fit."""
    if not re.search(r"-\d{5}-of-\d{5}\.", file):
        return ""
    return "It is one piece of a model cut into several files; give the single-file version. "


def _own(state: State, metadata: dict[str, str], file: str) -> tuple[str, list[Part]]:
    try:
        if len(metadata["config"]) > MAX_CONFIG_TEXT:
            raise ValueError(f"its config has {len(metadata['config']):,} characters")
        name, stored = metadata["kind"], json.loads(metadata["config"])
        entries = stored if name == BUNDLE else {"": {"kind": name, "config": stored}}
        named = [(f"{p}." if p else "", e["kind"], e["config"]) for p, e in entries.items()]
        if not named:
            raise ValueError("it names no network")
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{file}: the kling-foley metadata is damaged ({first_line(error)}); write the file again."
        ) from error
    stray = [n for n in state if not n.startswith(tuple(prefix for prefix, _, _ in named))]
    if stray:
        raise InputError(
            f"{file}: {len(stray)} of its {len(state)} tensors belong to none of the networks that its "
            f"metadata name ({', '.join(stray[:4])}); write the file again."
        )
    parts = []
    for prefix, kind_name, config in named:
        if not isinstance(kind_name, str) or kind_name not in KINDS:
            raise InputError(
                f"{file} holds a network of kind {repr(kind_name)[:QUOTED]}, which this version does not "
                "know; update the pack."
            )
        kind = KINDS[kind_name]
        try:
            config = config_from_json(config, kind.config_classes)
        except (ValueError, TypeError, ArithmeticError) as error:
            raise InputError(f"{file}: {first_line(error)}") from error
        own = _below(state, prefix)
        if kind in CLIP_PARTS:  # may have been saved from a tower with three matrices an attention
            own = from_transformers(own)
        parts.append(Part(kind, prefix, own, config, True))
    return name, parts


def _below(state: State, prefix: str) -> State:
    return {name[len(prefix) :]: tensor for name, tensor in state.items() if name.startswith(prefix)}
