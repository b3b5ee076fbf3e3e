"""Tiny networks and recipes for the tests of training."""

from __future__ import annotations

from kling_foley_core.mmdit import MMDiTConfig
from kling_foley_core.training.recipe import BatchRun, Optimisation

DIM, TEXT_LEN = 8, 6
FLOW = MMDiTConfig(
    latent_dim=4,
    hidden_dim=32,
    num_heads=1,
    joint_depth=1,
    audio_depth=1,
    visual_dim=DIM,
    sync_dim=DIM,
    text_dim=DIM,
    text_len=TEXT_LEN,
    activation="silu",
    input_silu=True,
    time_dim=32,
    time_max_period=10000.0,
    sync_in_global=True,
    align_visual=True,
    duration_rows=16,
    countdown_rows=5,
    mlp_ratio=2,
    upsampling="linear",
)


def run(**changes: object) -> BatchRun:
    values = {
        "steps": 4,
        "batch": 2,
        "seed": 1,
        "precision": "fp32",
        "parallel": "ddp",
        "accumulate": 1,
        "activation_checkpointing": False,
        "compile": False,
        "log_steps": 1,
        "validate_steps": 4,
        "checkpoint_steps": 4,
        "checkpoint_minutes": 9.0,
    }
    return BatchRun(**{**values, **changes})


def optimisation(lr: float = 3e-3) -> Optimisation:
    return Optimisation(
        lr=lr,
        lr_final=0.0,
        inv_gamma=1e6,
        power=1.0,
        warmup=0.5,
        betas=(0.9, 0.99),
        eps=1e-8,
        weight_decay=0.0,
        max_norm=1.0,
    )
