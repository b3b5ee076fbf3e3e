"""What coding takes: time as a share of the sound's own, and memory.

Real-time factor: seconds of computing for a second of sound, median of three codings of 10 s of noise, after
one that does not count. Memory: the most that was held from before the codec was loaded to after these
codings, less what was held before: of CUDA's allocator, or of the process on Linux; elsewhere it is not
known.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from .codec_models import CodecParts

SECONDS, TIMES = 10, 3
LEVEL = 0.05
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def opened_with_cost(
    load: Callable[[], CodecParts], device: torch.device
) -> tuple[CodecParts, dict[str, float | None]]:
    """The codec that `load` gives, and {"encode_rtf", "decode_rtf", "memory_mb"}."""
    before = _begin(device)
    parts = load()
    codec = parts.codec
    draw = torch.Generator().manual_seed(0)
    length = SECONDS * codec.sampling_rate // codec.samples_per_latent * codec.samples_per_latent
    wave = (LEVEL * torch.randn(1, 1, length, generator=draw)).to(device)
    encoding, decoding = [], []
    with torch.inference_mode():
        for _ in range(1 + TIMES):
            latent, seconds = _timed(lambda: codec.encode(wave).mean, device)
            encoding.append(seconds)
            decoding.append(_timed(lambda z=latent: codec.decode(z), device)[1])
    sounding = length / codec.sampling_rate
    peak = _held("VmHWM", device)
    return parts, {
        "encode_rtf": statistics.median(encoding[1:]) / sounding,
        "decode_rtf": statistics.median(decoding[1:]) / sounding,
        "memory_mb": None if peak is None or before is None else (peak - before) / 2**20,
    }


def _timed(work: Callable[[], Tensor], device: torch.device) -> tuple[Tensor, float]:
    begin = time.perf_counter()
    made = work()
    made[..., :1].cpu()  # waits for the device
    return made, time.perf_counter() - begin


def _begin(device: torch.device) -> int | None:
    """Bytes held now; the peak counts from here."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return torch.cuda.memory_allocated(device)
    try:
        RESET.write_text("5")
    except OSError:
        return None
    return _held("VmRSS", device)


def _held(line: str, device: torch.device) -> int | None:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if device.type != "cpu" or not STATUS.exists():
        return None
    found = dict(row.split(":", 1) for row in STATUS.read_text().splitlines() if ":" in row)
    return int(found[line].split()[0]) * 1024 if line in found else None
