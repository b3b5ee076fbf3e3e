"""Trains the three small encoders by contrastive tasks, on raw films; afterwards they are frozen.

    sync:     every frame's vector against the sound at two instants about it, among all instants of its own
              clip and among those of all clips of the batch (paper: Synchformer, trained contrastively in
              time). It also predicts the levels of both channels at those instants in coarse bands: our
              addition, because it learns when things sound before the contrast does
    semantic: a clip's picture, its caption and its sound against those of other clips (as CLIP); from the
              picture the caption's words are predicted too, which teaches a small network sooner

The audio encoders are trained along and thrown away (`audio_encoders.py`). Where the encoders begin with
given weights, the audio encoders can learn alone first: random ones would spoil what the encoders know.
Encoders of the paper's size (MetaCLIP, T5, Synchformer) are public files and are not trained here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from ...checkpoints import save_own
from ...data.shards import Shards
from ...data.splits import HELD_OUT, TRAIN
from ...encoders.sync.motion import MotionConfig
from ...errors import InputError
from ...presets import Preset
from ..initial_weights import begun, check_start
from ..loop.train import Figures
from ..recipe import BatchRun, Run, Source, check_held_whole, read_recipe
from ..setting import Setting
from .contrastive_batches import SemanticPieces, SemanticTask, SyncPieces, SyncTask
from .contrastive_networks import SemanticNet, SyncNet, vocabulary
from .contrastive_tasks import ContrastiveTask

if TYPE_CHECKING:
    from accelerate import Accelerator

# Task -> the encoders that it trains, and what kind of network each is.
KINDS = {"sync": {"sync": "synchformer"}, "semantic": {"visual": "clip_visual", "text": "t5"}}
NEEDS = {"sync": ("sync_frames", "sound"), "semantic": ("visual_frames", "sound")}


@dataclass(frozen=True)
class EncodersRecipe:
    tasks: tuple[str, ...]  # of KINDS; the encoders of the others are left alone
    audio_encoders_first: int  # steps in which only the audio encoders learn
    run: BatchRun  # run.batch: clips of the sync task
    sync: SyncTask
    semantic: SemanticTask

    def __post_init__(self) -> None:
        check_held_whole(self.run)
        if not self.tasks or not set(self.tasks) <= set(KINDS):
            raise InputError(f"tasks = {list(self.tasks)}: name one of {', '.join(KINDS)}, or both.")
        if self.run.accumulate != 1:
            raise InputError(
                f"run.accumulate = {self.run.accumulate}: a contrast needs its whole batch at once; give 1."
            )
        if self.audio_encoders_first >= self.run.steps:
            raise InputError(
                f"audio_encoders_first = {self.audio_encoders_first} of run.steps = {self.run.steps}: the "
                f"encoders would learn nothing; give fewer, or more steps."
            )

    @property
    def needs(self) -> tuple[str, ...]:
        """Arrays of the samples."""
        return tuple(dict.fromkeys(name for task in self.tasks for name in NEEDS[task]))


def build(source: Source, setting: Setting) -> tuple[EncodersTrainer, Run]:
    recipe, preset = read_recipe(source, EncodersRecipe), setting.preset
    if not isinstance(preset.sync, MotionConfig):
        raise InputError(
            f"--preset {preset.name}: its encoders are public files and are not trained here; choose small."
        )
    for task in recipe.tasks:
        for kind in KINDS[task].values():
            check_start(kind, setting)
    train, held_out = (setting.shards(split, recipe.needs) for split in (TRAIN, HELD_OUT))
    trainer = EncodersTrainer(recipe, preset, train, held_out, setting.accelerator)
    for kind, network in trainer.networks().values():
        begun(network, kind, setting)
    return trainer, recipe.run


class EncodersTrainer:
    def __init__(
        self,
        recipe: EncodersRecipe,
        preset: Preset,
        train: Shards,
        held_out: Shards,
        accelerator: Accelerator,
    ) -> None:
        self.recipe, self.accelerator = recipe, accelerator
        make = {"sync": self._sync_task, "semantic": self._semantic_task}
        self.tasks = {name: make[name](preset, train, held_out) for name in KINDS if name in recipe.tasks}

    def _sync_task(self, preset: Preset, train: Shards, held_out: Shards) -> ContrastiveTask:
        task, run = self.recipe.sync, self.recipe.run
        pieces, tests = (SyncPieces(s, preset.mel, task, run.seed) for s in (train, held_out))
        net = _seeded(run.seed, lambda: SyncNet(preset, task))
        return ContrastiveTask(
            "sync", net, pieces, tests, task.optimisation, run, run.batch, 1, self.accelerator
        )

    def _semantic_task(self, preset: Preset, train: Shards, held_out: Shards) -> ContrastiveTask:
        task, run = self.recipe.semantic, self.recipe.run
        pieces, tests = (SemanticPieces(s, preset.mel, task, run.seed) for s in (train, held_out))
        words = vocabulary((train.read(i, ()).caption for i in pieces.used), task.words)
        net = _seeded(run.seed, lambda: SemanticNet(preset, task, words))
        return ContrastiveTask(
            "semantic",
            net,
            pieces,
            tests,
            task.optimisation,
            run,
            task.batch,
            task.every_steps,
            self.accelerator,
        )

    def lr(self, step: int) -> float:
        """Of the first task."""
        return next(iter(self.tasks.values())).optimiser.lr(step)

    def step(self, step: int) -> Figures:
        for _, network in self.networks().values():
            network.requires_grad_(step >= self.recipe.audio_encoders_first)
        figures: Figures = {}
        for task in self.tasks.values():
            if step % task.every_steps == 0:
                figures |= task.step(step)
        return figures

    @torch.no_grad()
    def validate(self, step: int) -> Figures:
        """On held-out samples."""
        figures: Figures = {}
        for task in self.tasks.values():
            figures |= task.validate()
        return figures

    def state_dict(self) -> dict[str, Any]:
        return {
            name: {"net": task.net.state_dict(), "optimiser": task.optimiser.state_dict()}
            for name, task in self.tasks.items()
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, task in self.tasks.items():
            task.net.load_state_dict(state[name]["net"])
            task.optimiser.load_state_dict(state[name]["optimiser"])

    def networks(self) -> dict[str, tuple[str, nn.Module]]:
        """What is kept of the tasks: name -> kind and network."""
        return {
            name: (kind, getattr(task.net, name))
            for task_name, task in self.tasks.items()
            for name, kind in KINDS[task_name].items()
        }

    def export(self, folder: Path) -> None:
        if self.accelerator.is_main_process:
            for name, (kind, network) in self.networks().items():
                save_own(folder / f"{name}.safetensors", network.state_dict(), kind, network.config)


def _seeded(seed: int, make: Callable[[], nn.Module]) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()
