"""Our own files: safetensors whose metadata name the kind and the whole config, written so that no half file
can be seen.

    {"format": "kling-foley", "kind": "mmdit", "config": {"class": "MMDiTConfig", ...}}

A bundle holds several networks: kind "kling_foley", config {part: {"kind", "config"}}, names
`<part>.<name>`. Weights are saved as the network holds them (normalised, without weight norm), so nothing is
converted on the way back.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from ..files.whole_file import made_folder, whole_file
from .config_json import config_to_json
from .parts import BUNDLE, FORMAT


def save_own(path: str | Path, state_dict: dict[str, Tensor], kind: str, config: Any) -> None:
    """One network."""
    _write(Path(path), state_dict, kind, config_to_json(config))


def save_bundle(path: str | Path, networks: dict[str, tuple[str, dict[str, Tensor], Any]]) -> None:
    """Several networks, one of a kind: part name -> (kind, state dict, config)."""
    state = {f"{part}.{name}": t for part, (_, sd, _) in networks.items() for name, t in sd.items()}
    configs = {
        part: {"kind": kind, "config": config_to_json(config)} for part, (kind, _, config) in networks.items()
    }
    _write(Path(path), state, BUNDLE, configs)


def _write(path: Path, state: dict[str, Tensor], kind: str, config: dict[str, Any]) -> None:
    tensors = _separate(state)
    metadata = {"format": FORMAT, "kind": kind, "config": json.dumps(config)}
    made_folder(path.parent, "the folder of the weights")
    with whole_file(path) as draft:
        draft.touch()
        readers = draft.stat().st_mode
        save_file(tensors, draft, metadata=metadata)
        draft.chmod(readers)  # safetensors makes files that only their owner can read


def _separate(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """CPU tensors that share no memory, which safetensors demands; only those that do are copied."""
    seen: set[int] = set()
    out: dict[str, Tensor] = {}
    for name, tensor in state.items():
        tensor = tensor.detach().cpu().contiguous()
        place = tensor.untyped_storage().data_ptr()
        out[name] = tensor.clone() if place in seen else tensor
        seen.add(place)
    return out
