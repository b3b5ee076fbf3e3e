"""Trains the stereo renderer: which part of every mel band goes left and right, from mono mel and frozen
sync tokens.

    target: left = 2 L / (L + R) of the linear stereo mels, right = 2 - left
    loss:   |log gain - log target| of both sides, weighted by the mono sound's magnitude

Paper section 4.6 names the ratios only. Our choices: the error is taken in the logarithm, where a band's
level is heard, and is held above FAINTEST, below which a channel is inaudible; silent bands have no
direction and no weight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ...checkpoints import save_own
from ...codec.mel import FLOOR
from ...data.splits import HELD_OUT, TRAIN
from ...errors import InputError
from ...stereo import StereoRenderer
from ...systems.assembly import untrained
from ..initial_weights import begun, check_start
from ..loop.ema import EMA
from ..loop.figures import mean_figures
from ..loop.optimiser import Optimiser
from ..loop.prefetch import Prefetched
from ..loop.processes import micro_batches
from ..loop.seeds import generator_for
from ..loop.state import StateOfParts
from ..loop.train import Figures, autocast
from ..recipe import BatchRun, Optimisation, Run, Source, check_held_whole, read_recipe
from ..setting import Setting
from .stereo_batches import LEFT, MONO, RIGHT, StereoBatch, StereoSamples

if TYPE_CHECKING:
    from accelerate import Accelerator

FILE = "stereo.safetensors"
FAINTEST = 0.03  # of a gain: 36 dB under the mono sound
VALIDATION_CLIPS = 40
NEEDS = ("sound", "sync")


@dataclass(frozen=True)
class StereoRecipe:
    seconds: float  # of a crop
    without_sync: (
        float  # share of the batches without sync tokens: sound from words alone stays in the middle
    )
    ema_decay: float
    run: BatchRun
    optimisation: Optimisation

    def __post_init__(self) -> None:
        check_held_whole(self.run)


def build(source: Source, setting: Setting) -> tuple[StereoTrainer, Run]:
    recipe, preset = read_recipe(source, StereoRecipe), setting.preset
    if preset.stereo is None:
        raise InputError(f"--preset {preset.name} makes mono sound; choose a preset with a stereo renderer.")
    check_start("stereo", setting)
    train, held_out = (
        StereoSamples(setting.shards(split, NEEDS), preset, recipe.seconds) for split in (TRAIN, HELD_OUT)
    )
    net = begun(untrained(preset, "stereo"), "stereo", setting)
    return StereoTrainer(recipe, net, train, held_out, setting.accelerator), recipe.run


class StereoTrainer(StateOfParts):
    def __init__(
        self,
        recipe: StereoRecipe,
        net: StereoRenderer,
        train: StereoSamples,
        held_out: StereoSamples,
        accelerator: Accelerator,
    ) -> None:
        self.recipe, self.accelerator, self.device = recipe, accelerator, accelerator.device
        self.train, self.held_out = train, held_out
        self.order = train.batches(recipe.run.batch, recipe.run.seed)
        self.positions = micro_batches(recipe.run.batch, recipe.run.accumulate, accelerator)
        self.read = Prefetched(self._batches, recipe.run.steps)
        self.net = net.to(self.device)
        self.ema = EMA(self.net, recipe.ema_decay)
        self.optimiser = Optimiser(self.net, recipe.optimisation, accelerator)

    def lr(self, step: int) -> float:
        return self.optimiser.lr(step)

    def step(self, step: int) -> Figures:
        draw = generator_for(self.recipe.run.seed, step, "without sync")
        with_sync = bool(torch.rand((), generator=draw) >= self.recipe.without_sync)
        batches = [batch.to(self.device) for batch in self.read(step)]
        weights = [magnitude_weight(batch.mels[:, MONO]).sum() for batch in batches]
        mean = self.accelerator.reduce(torch.stack(weights).mean(), "mean")
        pieces: list[Figures] = []
        losses = [partial(self._loss, batch, with_sync, mean, pieces) for batch in batches]
        norm = self.optimiser.accumulated_step(losses, step)
        self.ema.update(self.net)
        return {**mean_figures(pieces), "norm": norm}

    def _loss(
        self, batch: StereoBatch, with_sync: bool, weight: Tensor, pieces: list[Figures], net: StereoRenderer
    ) -> Tensor:
        loss = stereo_error(self._gains(net, batch, with_sync), batch.mels).sum() / weight
        pieces.append({"loss": loss.detach()})
        return loss

    def _batches(self, step: int) -> list[StereoBatch]:
        """This process's pieces of the batch."""
        chosen = self.order.batch(step)[1]
        return [
            self.train.batch(chosen[p.start : p.stop], self.recipe.run.seed, step, p.start)
            for p in self.positions
        ]

    def _gains(self, net: StereoRenderer, batch: StereoBatch, with_sync: bool = True) -> Tensor:
        with autocast(self.recipe.run, self.device):
            return net.gains(batch.mels[:, MONO], batch.sync if with_sync else None)

    @torch.no_grad()
    def validate(self, step: int) -> Figures:
        """Held-out loss; beside it that of sound in the middle, and with another clip's video."""
        chosen = range(min(VALIDATION_CLIPS, len(self.held_out)))
        batch = self.held_out.batch(chosen, self.recipe.run.seed, 0, 0).to(self.device)
        with self.ema.swapped(self.net):
            gains = self._gains(self.net, batch)
            other = self._gains(self.net, StereoBatch(batch.mels, batch.sync.roll(1, 0)))
            without = self._gains(self.net, batch, with_sync=False)
        cases = {"loss": gains, "middle": torch.ones_like(gains), "other video": other, "no video": without}
        return {name: stereo_loss(g, batch.mels) for name, g in cases.items()}

    def export(self, folder: Path) -> None:
        if self.accelerator.is_main_process:
            save_own(folder / FILE, self.ema.average, "stereo", self.net.config)

    def _parts(self) -> dict[str, Any]:
        return {"net": self.net, "ema": self.ema, "optimiser": self.optimiser}


def stereo_loss(gains: Tensor, mels: Tensor) -> Tensor:
    """gains [B, 2, M, T], log mels [B, 3, M, T] -> weighted mean."""
    return stereo_error(gains, mels).sum() / magnitude_weight(mels[:, MONO]).sum()


def stereo_error(gains: Tensor, mels: Tensor) -> Tensor:
    """gains [B, 2, M, T], log mels [B, 3, M, T] -> weighted error [B, M, T]."""
    difference = mels[:, LEFT] - mels[:, RIGHT]
    target = 2 * torch.stack([difference.sigmoid(), (-difference).sigmoid()], dim=1)
    error = (gains.clamp(min=FAINTEST).log() - target.clamp(min=FAINTEST).log()).abs().sum(1)
    return error * magnitude_weight(mels[:, MONO])


def magnitude_weight(mono: Tensor) -> Tensor:
    """The root of the magnitude, so that a loud hit does not outweigh all that follows; 0 at the mel's
    floor."""
    return ((0.5 * mono).exp() - math.sqrt(FLOOR)).clamp(min=0)
