"""The processes of one training, from Hugging Face Accelerate: one, or as many as `accelerate launch` or
`torchrun` started with the same command."""

from __future__ import annotations

import importlib.util
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from ...errors import InputError

if TYPE_CHECKING:
    from accelerate import Accelerator

logger = logging.getLogger(__name__)


def new_accelerator(*, cpu: bool = False, log_folder: Path | None = None) -> Accelerator:
    """`cpu`: no GPU even if there is one. `log_folder`: TensorBoard's events go there. Networks keep float32
    weights; the number type they run in is `train.autocast`'s."""
    try:
        from accelerate import Accelerator, DistributedDataParallelKwargs
    except ImportError as error:
        raise InputError(
            "training runs on Hugging Face Accelerate, which is missing: pip install 'kling-foley[train]'"
        ) from error
    if _one_where_many_were_asked_for():
        raise InputError(
            "accelerate launch starts one process on CPUs, however many are asked for: use torchrun "
            "--nproc_per_node N -m kling_foley_core.cli train ... --cpu"
        )
    tracked = log_folder is not None and importlib.util.find_spec("tensorboard") is not None
    if log_folder is not None and not tracked:
        logger.warning(
            "TensorBoard's events are not written: tensorboard is missing (pip install tensorboard)"
        )
    return Accelerator(
        cpu=cpu,
        mixed_precision="no",
        log_with="tensorboard" if tracked else None,
        project_dir=str(log_folder) if tracked else None,
        kwargs_handlers=[DistributedDataParallelKwargs(gradient_as_bucket_view=True)],
    )


def _one_where_many_were_asked_for() -> bool:
    """`accelerate launch --cpu --num_processes 2` sets where the processes would meet, and starts one."""
    asked = os.environ.get("ACCELERATE_USE_CPU") == "True" and "MASTER_PORT" in os.environ
    return asked and not any(
        name in os.environ for name in ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE")
    )


def micro_batches(batch: int, accumulate: int, accelerator: Accelerator) -> list[range]:
    """Positions in a global batch of `batch` items: this process's contiguous share, cut into `accumulate`
    equal pieces whose gradients are added before an update. Raises InputError where that leaves a rest."""
    pieces = accelerator.num_processes * accumulate
    if batch % pieces:
        raise InputError(
            f"a batch of {batch} can't be shared evenly by {accelerator.num_processes} processes with "
            f"run.accumulate = {accumulate}: give batches that are multiples of {pieces}."
        )
    size = batch // pieces
    first = accelerator.process_index * accumulate
    return [range((first + i) * size, (first + i + 1) * size) for i in range(accumulate)]


def mean_over_processes(figures: dict[str, float], accelerator: Accelerator) -> dict[str, float]:
    """Every process must have the same names."""
    if accelerator.num_processes == 1 or not figures:
        return figures
    values = torch.tensor(list(figures.values()), dtype=torch.float32, device=accelerator.device)
    return dict(zip(figures, accelerator.reduce(values, "mean").tolist(), strict=True))
