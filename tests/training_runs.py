"""Tiny runs for the trainers' tests."""

from __future__ import annotations

from dataclasses import replace

import torch

from kling_foley_core.training.recipe import BatchRun, Optimisation

RUN = BatchRun(
    steps=6,
    batch=2,
    seed=3,
    precision="fp32",
    parallel="ddp",
    accumulate=1,
    activation_checkpointing=False,
    compile=False,
    log_steps=2,
    validate_steps=3,
    checkpoint_steps=3,
    checkpoint_minutes=60.0,
)
OPTIMISATION = Optimisation(
    lr=1e-3,
    lr_final=1e-4,
    inv_gamma=100.0,
    power=0.5,
    warmup=0.5,
    betas=(0.9, 0.99),
    eps=1e-8,
    weight_decay=0.0,
    max_norm=1.0,
)


def run(**changes) -> BatchRun:
    return replace(RUN, **changes)


def same(a, b) -> bool:
    """Equal to the last bit, tensors in nested dicts and lists included."""
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return a == b
