"""What it takes to train a preset's generator in a given way: counted on the real network, but for the
utilisation of the GPU and the price of an hour, which are whoever asks' assumptions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ...errors import InputError
from ...limits import MAX_TRAINING_SECONDS
from ...mmdit import MMDiT
from ...presets import Preset
from ...timing import MIN_SECONDS, latent_frames
from ..recipe import PARALLEL, PRECISIONS
from .hardware import GPUS
from .memory import Memory, memory
from .step import Step, activation_bytes, net_blocks, step_flops
from .storage import array_shapes, sample_bytes

HOUR = 3600
NUMBER_BYTES = {"bf16": 2, "fp32": 4}


@dataclass(frozen=True)
class Request:
    """`batch`: clips on one GPU at once; `samples` x `epochs`: clips that the training takes."""

    batch: int
    seconds: float
    gpus: int
    parallel: str  # as run.parallel of a recipe: ddp or fsdp
    precision: str
    gpu: str
    utilisation: float
    samples: int
    epochs: float
    price: float | None  # of a GPU hour

    def __post_init__(self) -> None:
        for name, known in (("parallel", PARALLEL), ("precision", PRECISIONS), ("gpu", tuple(GPUS))):
            if getattr(self, name) not in known:
                raise InputError(f"--{name} {getattr(self, name)}: choose one of {', '.join(known)}.")
        for name in ("batch", "gpus", "samples"):
            if getattr(self, name) < 1:
                raise InputError(f"--{name} {getattr(self, name)}: give 1 or more.")
        if not MIN_SECONDS <= self.seconds <= MAX_TRAINING_SECONDS:
            raise InputError(f"--seconds {self.seconds:g}: give {MIN_SECONDS} to {MAX_TRAINING_SECONDS}.")
        if not (0 < self.utilisation <= 1 and self.epochs > 0 and (self.price is None or self.price >= 0)):
            raise InputError(
                f"--utilisation {self.utilisation:g}, --epochs {self.epochs:g}, --price {self.price}: give "
                "more than 0, and a utilisation of 1 at most."
            )

    @property
    def shards(self) -> int:
        """Pieces that weights, gradients, moments and averages are cut into."""
        return self.gpus if self.parallel == "fsdp" else 1

    def step(self, preset: Preset) -> Step:
        """What one GPU computes at once."""
        length = latent_frames(self.seconds, preset.mel.sampling_rate, preset.mel.hop)
        return Step(self.batch, self.seconds, length, self.precision, sharded=self.shards > 1)


@dataclass(frozen=True)
class Plan:
    preset: str
    checkpointing: bool
    request: Request
    parameters: int
    tokens: dict[str, int]  # of one clip
    memory: Memory
    flops: float  # of one clip, forward and backward, with what checkpointing computes anew
    sample_bytes: int  # of one clip in a shard

    @property
    def steps(self) -> float:
        r = self.request
        return r.samples * r.epochs / (r.batch * r.gpus)

    @property
    def gpu_hours(self) -> float:
        r = self.request
        speed = getattr(GPUS[r.gpu], r.precision) * r.utilisation
        return self.flops * r.samples * r.epochs / speed / HOUR

    @property
    def cost(self) -> float | None:
        return None if self.request.price is None else self.gpu_hours * self.request.price

    def as_json(self) -> dict[str, Any]:
        derived = {name: getattr(self, name) for name in ("steps", "gpu_hours", "cost")}
        return {**asdict(self), **derived, "memory_total": self.memory.total}


def plans(preset: Preset, request: Request) -> tuple[Plan, Plan]:
    """Without and with activation checkpointing. Some seconds for the largest preset; takes no GPU and
    little memory."""
    config, seconds, step = preset.generator, request.seconds, request.step(preset)
    net = MMDiT(config, device="meta")
    numbers, shapes = NUMBER_BYTES[request.precision], array_shapes(preset, seconds)
    made = [
        Plan(
            preset=preset.name,
            checkpointing=checkpointing,
            request=request,
            parameters=sum(p.numel() for p in net.parameters()),
            tokens={name: shape[1] if name == "latent" else shape[0] for name, shape in shapes.items()},
            memory=memory(net, net_blocks(net), request.shards, numbers, activations),
            flops=flops / request.batch,
            sample_bytes=sample_bytes(preset, seconds),
        )
        for checkpointing, activations, flops in zip(
            (False, True), activation_bytes(config, step), step_flops(config, step), strict=True
        )
    ]
    return made[0], made[1]
