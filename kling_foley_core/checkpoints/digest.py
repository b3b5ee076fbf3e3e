"""Digits that change with a network's weights and config: how shards and checkpoints name the networks that
made them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import nn

from .keymaps import to_transformers
from .load import load_network

DIGITS = 12
CLIP = ("clip_visual", "clip_text")
DECODING = "decoder."  # of a VAE: what it makes of sounds does not depend on it


def digest_of(kind: str, network: nn.Module) -> str:
    """The digits of a network in float32. Of a VAE only what encodes counts."""
    digest = hashlib.sha256(f"{kind} {network.config!r}".encode())
    state = network.state_dict()
    # A tower of CLIP has the digits that its public file's tensors give.
    for name, tensor in (to_transformers(state) if kind in CLIP else state).items():
        if not (kind == "vae" and name.startswith(DECODING)):
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()[:DIGITS]


def digest_of_file(path: Path, kind: str) -> str:
    """The digits of the network of this kind in a file."""
    return digest_of(kind, load_network(path, kind, dtype=torch.float32))
