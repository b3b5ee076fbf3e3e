"""Which device the work is done on, or which devices."""

from __future__ import annotations

import argparse


def device_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", help="cpu, cuda, mps; default: the best there is")


def devices_of(device: str | None, processes: int) -> list[str]:
    """One for each process: the one asked for, else all GPUs in turn, else the best there is."""
    import torch

    from ..networks.device import checked_device

    gpus = torch.cuda.device_count()
    if device is not None or gpus < 2:
        return [str(checked_device(device))] * processes
    return [f"cuda:{number % gpus}" for number in range(processes)]
