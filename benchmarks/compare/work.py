"""Floating point operations of a stage: the matrix products, convolutions and attention of the reference's
networks, counted on the meta device, where nothing is computed. Both sides' speeds are shares of this work,
also where ours leaves some of it out."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from . import reference
from .weights import PART, Files


def operations(name: str, files: Files, given: dict[str, Any]) -> float:
    """Of the stage `name` ("sampling": of all the steps that the reference makes)."""
    given = {key: value.to("meta") if isinstance(value, Tensor) else value for key, value in given.items()}
    network = reference.made(PART.get(name, name), files.model).to("meta")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        times = _COUNTED[name](network, given)
    return float(counter.get_total_flops()) * times


def _clip(network: Any, given: dict[str, Any]) -> int:
    network.encode_image(given["frames"][0, :1].float())
    return given["frames"].shape[1]


def _sync(network: Any, given: dict[str, Any]) -> int:
    network(given["frames"][:, None, :16].float())
    return (given["frames"].shape[1] - 16) // 8 + 1


def _vae(network: Any, given: dict[str, Any]) -> int:
    network.remove_weight_norm().decode(given["latent"].transpose(1, 2))
    return 1


def _vocoder(network: Any, given: dict[str, Any]) -> int:
    network(given["mel"])
    return 1


def _step(network: Any, given: dict[str, Any]) -> int:
    network.update_seq_lengths(given["noise"].shape[1], given["visual"].shape[1], given["sync"].shape[1])
    conditions = network.preprocess_conditions(given["visual"], given["sync"], given["text"])
    network.predict_flow(given["noise"], given["time"].expand(1), conditions)
    return 2  # with and without the conditions


def _sampling(network: Any, given: dict[str, Any]) -> int:
    return _step(network, given) * given["steps"]


_COUNTED = {
    "clip": _clip,
    "sync": _sync,
    "step": _step,
    "sampling": _sampling,
    "vae": _vae,
    "vocoder": _vocoder,
}
