"""Trains the three small encoders by what belongs together, without labels; afterwards they are frozen.

    sync:   every frame's vector against the sound at two moments about it, among all moments of its own clip
            and among those of all clips of the batch (paper: Synchformer, trained contrastively in time).
            It also guesses what both ears would hear of it at those moments in coarse bands: our addition,
            because it tells when things sound before the contrast does
    visual, text: a clip's picture, its caption and its sound against those of other clips (as CLIP); from the
            picture the words of the caption are guessed too, which teaches a small network sooner

Pictures are compared with the sound of what is seen, which a generated world can give without room and
ambience, captions with all that sounds. Small networks listen, trained along and thrown away
(`listeners.py`). Where the encoders begin with given weights, the listeners can learn alone first: random
ones would spoil what the encoders know.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...checkpoints import save_own
from ...codec.presets import MEL_44K
from ...errors import InputError
from ..initial_weights import begun, check_start
from ..loop.parameters_optimiser import Optimiser
from ..loop.seeds import generator_for
from ..loop.train import Figures, autocast
from ..recipe import BatchRun, Run, Source, read_recipe
from ..setting import Setting
from ..worlds import WorldRecipe, Worlds, check_held_out, render_worlds
from .contrastive_batches import (
    MeaningLesson,
    Meanings,
    Moments,
    SyncLesson,
    choose,
    draw_meanings,
    draw_moments,
)
from .contrastive_tasks import MeaningNet, SyncNet, vocabulary

# Lesson -> the encoders that it teaches, and what kind of network each is.
KINDS = {"sync": {"sync": "synchformer"}, "meaning": {"visual": "clip_visual", "text": "t5"}}
LESSONS = tuple(KINDS)
VALIDATION_CLIPS = 32  # among which pictures, captions and sounds are looked for


@dataclass(frozen=True)
class EncodersRecipe:
    held_out: int  # the first scenes, for validation only
    lessons: tuple[str, ...]  # of LESSONS, which are taught; the encoders of the others are left alone
    listeners_first: int  # steps in which the encoders stay as they are
    run: BatchRun  # run.batch: clips of the sync lesson
    worlds: WorldRecipe
    sync: SyncLesson
    meaning: MeaningLesson

    def __post_init__(self) -> None:
        check_held_out(self.held_out, self.worlds)
        if not self.lessons or not set(self.lessons) <= set(LESSONS):
            raise InputError(f"lessons = {list(self.lessons)}: name one of {', '.join(LESSONS)}, or both.")
        if self.listeners_first >= self.run.steps:
            raise InputError(
                f"listeners_first = {self.listeners_first} of run.steps = {self.run.steps}: the encoders "
                f"would learn nothing; give fewer, or more steps."
            )


class EncodersTrainer:
    def __init__(self, recipe: EncodersRecipe, worlds: Worlds, device: torch.device) -> None:
        self.recipe, self.worlds, self.device = recipe, worlds, device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.run.seed)
            words = vocabulary(worlds.captions[recipe.held_out :])
            self.sync = SyncNet(recipe.sync).to(device)
            self.meaning = MeaningNet(recipe.meaning, words).to(device)
        # One optimiser for each: in a common norm the louder gradient drowned the other.
        self.sync_optimiser = Optimiser(self.sync.parameters(), recipe.sync.optimisation)
        self.meaning_optimiser = Optimiser(self.meaning.parameters(), recipe.meaning.optimisation)

    def lr(self, step: int) -> float:
        """Of the sync lesson."""
        return self.sync_optimiser.lr(step)

    def step(self, step: int) -> Figures:
        recipe, train = self.recipe, range(self.recipe.held_out, len(self.worlds))
        draw = generator_for(recipe.run.seed, step, "batch")
        for _, network in self.networks().values():
            network.requires_grad_(step >= recipe.listeners_first)
        figures: Figures = {}
        if "sync" in recipe.lessons:
            figures |= self._teach_sync(
                draw_moments(self.worlds, choose(train, recipe.run.batch, draw), recipe.sync, draw), step
            )
        if "meaning" in recipe.lessons and step % recipe.meaning.pause == 0:
            chosen = choose(train, recipe.meaning.batch, draw)
            figures |= self._teach_meaning(draw_meanings(self.worlds, chosen, recipe.meaning, draw), step)
        return figures

    def _teach_sync(self, moments: Moments, step: int) -> Figures:
        with autocast(self.recipe.run, self.device):
            compared = self.sync(moments, self.device)
        return _taught(self.sync.losses(*compared, moments), self.sync_optimiser, "sync norm", step)

    def _teach_meaning(self, meanings: Meanings, step: int) -> Figures:
        with autocast(self.recipe.run, self.device):
            compared = self.meaning(meanings, self.device)
        return _taught(self.meaning.losses(compared, meanings), self.meaning_optimiser, "meaning norm", step)

    @torch.no_grad()
    def validate(self, step: int) -> Figures:
        """On worlds never trained on."""
        draw = generator_for(self.recipe.run.seed, 0, "validation")
        indices, figures = range(self.recipe.held_out), {}
        if "sync" in self.recipe.lessons:
            moments = draw_moments(self.worlds, indices, self.recipe.sync, draw)
            with autocast(self.recipe.run, self.device):
                figures |= self.sync.figures(*self.sync(moments, self.device), moments)
        if "meaning" in self.recipe.lessons:
            meanings = draw_meanings(self.worlds, indices[:VALIDATION_CLIPS], self.recipe.meaning, draw)
            with autocast(self.recipe.run, self.device):
                figures |= self.meaning.figures(self.meaning(meanings, self.device), meanings)
        return figures

    def state_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name).state_dict() for name in self._kept()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name in self._kept():
            getattr(self, name).load_state_dict(state[name])

    def _kept(self) -> tuple[str, ...]:
        return "sync", "meaning", "sync_optimiser", "meaning_optimiser"

    def networks(self) -> dict[str, tuple[str, nn.Module]]:
        """What is kept of the lessons: name -> kind and network."""
        return {
            name: (kind, getattr(getattr(self, lesson), name))
            for lesson in LESSONS
            if lesson in self.recipe.lessons
            for name, kind in KINDS[lesson].items()
        }

    def export(self, folder: Path) -> None:
        for name, (kind, network) in self.networks().items():
            save_own(folder / f"{name}.safetensors", network.state_dict(), kind, network.config)


def _taught(losses: Figures, optimiser: Optimiser, norm: str, step: int) -> Figures:
    reached = optimiser.step(sum(losses.values()), step)
    return {**{name: loss.detach() for name, loss in losses.items()}, norm: reached}


def build(source: Source, setting: Setting) -> tuple[EncodersTrainer, Run]:
    recipe = read_recipe(source, EncodersRecipe)
    for lesson in recipe.lessons:
        for kind in KINDS[lesson].values():
            check_start(kind, setting)  # before the worlds, which may take minutes
    folder = render_worlds(recipe.worlds, MEL_44K, setting.cache, setting.progress)
    trainer = EncodersTrainer(recipe, Worlds(folder, recipe.worlds.scenes), setting.device)
    for kind, network in trainer.networks().values():
        begun(network, kind, setting)
    return trainer, recipe.run
