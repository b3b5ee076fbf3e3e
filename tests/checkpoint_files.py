"""Tensor lists of the public files (tests/checkpoints/keys) and small real files written from them."""

from __future__ import annotations

import functools
import gzip
import json
import math
import struct
from pathlib import Path
from typing import Any

import torch
from golden_files import golden
from torch import Tensor

from kling_foley_core.checkpoints import FileReport, TensorSpec, recognise_tensors
from kling_foley_core.checkpoints.config_json import config_to_json
from kling_foley_core.checkpoints.kinds import KINDS

KEYS = Path(__file__).parent / "checkpoints" / "keys"

# Widths of the public networks -> small ones that keep head widths whole: so each layout becomes a small
# real file.
SMALLER = {
    "mmaudio_small_16k": {448: 64, 1280: 256, 1344: 192, 2688: 384, 896: 128, 1024: 24, 768: 40},
    "mmaudio_small_44k": {448: 64, 1280: 256, 1344: 192, 2688: 384, 896: 128, 1024: 24, 768: 40},
    "mmaudio_medium_44k": {896: 64, 2560: 256, 2688: 192, 5376: 384, 1792: 128, 1024: 24, 768: 40},
    "mmaudio_large_44k": {896: 64, 2560: 256, 2688: 192, 5376: 384, 1792: 128, 1024: 24, 768: 40},
    "mmaudio_large_44k_v2": {896: 64, 2560: 256, 2688: 192, 5376: 384, 1792: 128, 1024: 24, 768: 40},
    "vae_16k": {384: 8, 768: 16, 1536: 32, 4608: 96},
    "vae_44k": {512: 8, 1024: 16, 2048: 32, 6144: 96},
    "synchformer_visual": {768: 64, 2304: 192, 3072: 256},
    "synchformer_full": {768: 64, 2304: 192, 3072: 256},
    "imagebind_huge": {
        1280: 16,
        3840: 48,
        5120: 64,
        768: 16,
        2304: 48,
        3072: 64,
        1024: 16,
        49408: 32,
        4096: 64,
    },
    "clip_dfn5b_vit_h14_378_openclip": {
        1280: 64,
        3840: 192,
        5120: 96,
        1024: 64,
        3072: 192,
        4096: 96,
        49408: 259,
    },
    "clip_dfn5b_vit_h14_378_transformers": {1280: 64, 5120: 96, 1024: 64, 4096: 96, 49408: 259},
}


def keys(name: str) -> dict[str, TensorSpec]:
    """Names, shapes and types of a public file, at full size."""
    stored = json.loads(gzip.decompress((KEYS / f"{name}.json.gz").read_bytes()))
    return {
        n: TensorSpec(tuple(shape), getattr(torch, dtype)) for n, (shape, dtype) in stored["keys"].items()
    }


@functools.cache
def report_of(name: str) -> FileReport:
    """What recognition says of a public file: judged once, because that builds the network (without data)."""
    return recognise_tensors(keys(name))


def values_of(name: str) -> int:
    return json.loads(gzip.decompress((KEYS / f"{name}.json.gz").read_bytes()))["n_values"]


def small_state(name: str, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """Random tensors under the public names, wide dimensions replaced."""
    smaller = SMALLER[name]
    pool = (
        torch.randn(8191, generator=torch.Generator().manual_seed(0)).mul(0.1).to(dtype)
    )  # drawing all is slow
    state = {}
    for i, (n, spec) in enumerate(keys(name).items()):
        shape = [smaller.get(d, d) for d in spec.shape]
        size = math.prod(shape)
        state[n] = pool.roll(i).repeat(-(-size // len(pool)))[:size].reshape(shape)
    return state


def golden_state(name: str, prefix: str = "w.") -> dict[str, Tensor]:
    """A golden file's weights under the public file's names."""
    return golden(name).weights(prefix)


def hollow(path: Path, kind: str, config: Any) -> None:
    """A file of ours as it would be with weights."""
    words = {"format": "kling-foley", "kind": kind, "config": json.dumps(config_to_json(config))}
    header, end = {"__metadata__": words}, 0
    for name, tensor in KINDS[kind].build(config, device="meta").state_dict().items():
        begin, end = end, end + tensor.numel() * 4
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [begin, end]}
    encoded = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        file.truncate(8 + len(encoded) + end)
