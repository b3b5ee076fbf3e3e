"""Trains the stereo renderer: which part of every mel band goes left and right, from mono mel and frozen
sync tokens.

    target: left = 2 L / (L + R) of the linear stereo mels, right = 2 - left
    loss:   |log gain - log target| of both sides, weighted by the mono sound's magnitude

Paper section 4.6 names the ratios only. Our choices: the error is taken in the logarithm, where a band's
level is heard, and is held above FAINTEST, below which nobody hears a channel; silent bands have no
direction and no weight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...assembly import untrained
from ...checkpoints import load_network, save_own
from ...codec.mel import FLOOR
from ...codec.presets import MEL_44K
from ...encoders.sync.motion import tokens_of
from ...presets import SMALL
from ...stereo import StereoRenderer
from ..crops import LATENTS_PER_FRAME, random_start
from ..features import watched
from ..initial_weights import begun
from ..loop.ema import EMA
from ..loop.parameters_optimiser import Optimiser
from ..loop.seeds import generator_for
from ..loop.train import Figures, autocast
from ..recipe import BatchRun, Optimisation, Run, Source, read_recipe
from ..setting import Setting
from ..worlds import LEFT, MONO, RIGHT, WorldRecipe, Worlds, check_held_out, render_worlds

FILE = "stereo.safetensors"
FAINTEST = 0.03  # of a gain: 36 dB under the mono sound
MEL_PER_FRAME = 2 * LATENTS_PER_FRAME


@dataclass(frozen=True)
class StereoRecipe:
    frames: int  # of a crop, at 25 a second
    unseen: float  # share of the batches without sync tokens: sound from words alone stays in the middle
    ema_decay: float
    run: BatchRun
    worlds: WorldRecipe
    held_out: int  # the first scenes, for validation only
    optimisation: Optimisation

    def __post_init__(self) -> None:
        check_held_out(self.held_out, self.worlds)


@dataclass(frozen=True)
class StereoBatch:
    """mels [B, 3, M, T] left, right, mono; sync tokens [B, Ts, ds]."""

    mels: Tensor
    sync: Tensor


class StereoTrainer:
    def __init__(
        self,
        recipe: StereoRecipe,
        worlds: Worlds,
        entries: list[dict[str, Tensor]],
        device: torch.device,
        net: StereoRenderer,
    ) -> None:
        """`entries`: {"sync": every frame's vector} of each scene."""
        self.recipe, self.worlds, self.entries, self.device = recipe, worlds, entries, device
        self.net = net.to(device)
        self.ema = EMA(self.net, recipe.ema_decay)
        self.optimiser = Optimiser(self.net.parameters(), recipe.optimisation)

    def lr(self, step: int) -> float:
        return self.optimiser.lr(step)

    def step(self, step: int) -> Figures:
        draw = generator_for(self.recipe.run.seed, step, "batch")
        train = self.recipe.held_out, len(self.worlds)
        batch = self.batch(torch.randint(*train, (self.recipe.run.batch,), generator=draw).tolist(), draw)
        seen = bool(torch.rand((), generator=draw) >= self.recipe.unseen)
        loss = stereo_loss(self._gains(batch, seen), batch.mels.to(self.device))
        norm = self.optimiser.step(loss, step)
        self.ema.update(self.net)
        return {"loss": loss.detach(), "norm": norm}

    def batch(self, indices: list[int], draw: torch.Generator) -> StereoBatch:
        frames, mels, sync = self.recipe.frames, [], []
        for i in indices:
            vectors = self.entries[i]["sync"]
            start = random_start(len(vectors), frames, draw)
            begin = min(round(start * MEL_PER_FRAME), self.worlds.mel_frames(i) - int(frames * MEL_PER_FRAME))
            part = self.worlds.part(i, "mels", begin, begin + int(frames * MEL_PER_FRAME))
            mels.append(part[[LEFT, RIGHT, MONO]].float())
            sync.append(tokens_of(vectors[None, start : start + frames].float())[0])
        return StereoBatch(torch.stack(mels), torch.stack(sync))

    def _gains(self, batch: StereoBatch, seen: bool = True) -> Tensor:
        sync = batch.sync.to(self.device) if seen else None
        with autocast(self.recipe.run, self.device):
            return self.net.gains(batch.mels[:, MONO].to(self.device), sync)

    @torch.no_grad()
    def validate(self, step: int) -> Figures:
        """Held-out loss; beside it that of sound in the middle, and with another clip's video."""
        trained = {name: t.clone() for name, t in self.net.state_dict().items()}
        self.net.load_state_dict(self.ema.average)
        draw = generator_for(self.recipe.run.seed, 0, "validation")
        batch = self.batch(list(range(self.recipe.held_out)), draw)
        mels = batch.mels.to(self.device)
        gains = self._gains(batch)
        other = self._gains(StereoBatch(batch.mels, batch.sync.roll(1, 0)))
        unseen = self._gains(batch, seen=False)
        self.net.load_state_dict(trained)
        cases = {
            "loss": gains,
            "middle": torch.ones_like(gains),
            "other video": other,
            "unseen": unseen,
        }
        return {name: stereo_loss(g, mels) for name, g in cases.items()}

    def state_dict(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(),
            "ema": self.ema.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self.ema.load_state_dict(state["ema"])
        self.optimiser.load_state_dict(state["optimiser"])

    def export(self, folder: Path) -> None:
        save_own(folder / FILE, self.ema.average, "stereo", self.net.config)


def stereo_loss(gains: Tensor, mels: Tensor) -> Tensor:
    """gains [B, 2, M, T], log mels [B, 3, M, T] -> weighted mean."""
    difference = mels[:, LEFT] - mels[:, RIGHT]
    target = 2 * torch.stack([difference.sigmoid(), (-difference).sigmoid()], dim=1)
    error = (gains.clamp(min=FAINTEST).log() - target.clamp(min=FAINTEST).log()).abs().sum(1)
    weight = magnitude_weight(mels[:, MONO])
    return (error * weight).sum() / weight.sum()


def magnitude_weight(mono: Tensor) -> Tensor:
    """The root of the magnitude, so that a loud hit does not outweigh all that follows; 0 at the mel's
    floor."""
    return ((0.5 * mono).exp() - math.sqrt(FLOOR)).clamp(min=0)


def build(source: Source, setting: Setting) -> tuple[StereoTrainer, Run]:
    recipe = read_recipe(source, StereoRecipe)
    net = begun(untrained(SMALL, "stereo"), "stereo", setting)
    path = setting.need("synchformer", "encoders")  # before the worlds, which may take minutes
    sync = load_network(path, "synchformer", device=setting.device, dtype=torch.float32)
    worlds = Worlds(
        render_worlds(recipe.worlds, MEL_44K, setting.cache, setting.progress), recipe.worlds.scenes
    )
    entries = watched(worlds, sync, setting.cache, setting.progress)
    return StereoTrainer(recipe, worlds, entries, setting.device, net), recipe.run
