"""Tiny networks, scenes and cached entries for the tests of training."""

from __future__ import annotations

import torch

from kling_foley_core.mmdit import MMDiTConfig
from kling_foley_core.timing import latent_frames
from kling_foley_core.training.clips import Scenes
from kling_foley_core.training.recipe import Optimisation, Run
from kling_foley_core.training.worlds import WorldRecipe

WORLDS = WorldRecipe(scenes=3, seed=5, more=(), seconds=(2.0, 3.0), sync_size=16, visual_size=16)
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


def run(**changes: object) -> Run:
    values = {
        "steps": 4,
        "batch": 2,
        "seed": 1,
        "precision": "fp32",
        "log_steps": 1,
        "validate_steps": 4,
        "checkpoint_steps": 4,
        "checkpoint_minutes": 9.0,
    }
    return Run(**{**values, **changes})


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


def scenes(count: int = 4, seconds: tuple[int, ...] = (4, 6)) -> Scenes:
    """Entries whose sync vectors and latents hold their own time in seconds, and whose text tells the
    scene."""
    entries, lengths = [], []
    for i in range(count):
        s = seconds[i % len(seconds)]
        latents = latent_frames(s, 44100, 512)
        latent_time = (torch.arange(latents) + 0.5) * 1024 / 44100
        marks = torch.zeros(latents, count + 1, dtype=torch.uint8)
        marks[:, i] = 1  # the scene's name
        marks[: latents // 2, count] = 1  # what sounds in the first half
        wave = torch.stack([(latent_time * (k + 1)).sin() for k in range(4)], dim=-1)
        entries.append(
            {
                "sync": (torch.arange(25 * s) / 25)[:, None].repeat(1, DIM).half(),
                "visual": (torch.arange(8 * s) / 8)[:, None].repeat(1, DIM).half(),
                "text": torch.full((3, DIM), float(i + 1)).half(),
                "latent": torch.stack([wave, torch.full_like(wave, 0.1)]).half(),
                "marks": marks,
            }
        )
        lengths.append(float(s))
    return Scenes(entries, lengths, TEXT_LEN)
