"""One of the processes of a training on tiny shards, as `accelerate launch` or torchrun would start it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import torch
import torch._dynamo
import torch.distributed.checkpoint  # noqa: F401  (imported once, for all processes that are forked)
from training_shards import TINY

from kling_foley_core.progress import silent
from kling_foley_core.training.loop.processes import new_accelerator
from kling_foley_core.training.loop.train import train
from kling_foley_core.training.parts.generator import build
from kling_foley_core.training.recipe import Source, recipe_source
from kling_foley_core.training.setting import Setting

CHANGES = [
    "run.steps=50",
    "run.precision=fp32",
    "run.log_steps=1",
    "run.validate_steps=25",
    "run.checkpoint_steps=10",
    "guidance.start=40",
    "guidance.warm_up=4",
    "guidance.every=3",
    "crops.seconds=0.8",
    "crops.batch=4",
    "optimisation.warmup=0.5",
]


def run_process(
    rank: int, processes: int, port: int, folder: Path, shards: Path, changes: Sequence[str], resume: bool
) -> None:
    """Writes the indices of all samples read for training into seen-RANK.txt, beside the run's files."""
    torch.set_num_threads(1)
    if processes > 1:
        os.environ |= {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(processes),
            "LOCAL_WORLD_SIZE": str(processes),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
    text = recipe_source(None, "generator", [*CHANGES, *changes]).text
    one_crop = "[[crops]]".join(text.split("[[crops]]")[:2])
    accelerator = new_accelerator(cpu=True)
    setting = Setting(TINY, (shards,), folder, accelerator, {}, {}, silent)
    trainer, run = build(Source("recipe", one_crop), setting)
    folder.mkdir(exist_ok=True)
    read, seen = trainer.crops.batch, folder / f"seen-{rank}.txt"

    def noted(indices, seconds, draws=None):
        with seen.open("a") as file:
            file.writelines(f"{index}\n" for index in indices)
        return read(indices, seconds, draws)

    trainer.crops.batch = noted
    needs = setting.needs()
    train("generator", trainer, run, folder, one_crop, accelerator, resume=resume, needs=needs)
    accelerator.end_training()
