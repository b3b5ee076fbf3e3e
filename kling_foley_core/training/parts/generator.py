"""Trains the MM-DiT by conditional flow matching (paper section 4, algorithm 1) on cached features and
latents.

    x1 = a draw from the codec's posterior, normalised; x0 = noise; x_t = (1 - t) x0 + t x1
    loss = |v(x_t, t, C) - (x1 - x0)|^2 + naming * (what sounds, named along the way: `naming.py`)
         + listening * (names missing or false in what it makes of noise: `listening.py`)

Pairwise training: of every item the text, the picture, or both are replaced by the learned empties, as
often as the recipe says; our addition is to leave out its looks alone, while its movement stays. t =
sigmoid(normal): most work is in the middle of the path (our choice, MMAudio's; the paper is silent). The
file holds the average of the weights, and the latents' statistics with which they were normalised.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ...assembly import untrained
from ...checkpoints import load_network, save_own
from ...codec.presets import LATENT_RATE_44K, MEL_44K
from ...data.labels import TimedLabel, frame_labels, label_names
from ...data.world import labels_of
from ...errors import InputError
from ...flow.path import flow_matching_loss, interpolate
from ...foley_world import truth_of
from ...mmdit import Features, MMDiT
from ...presets import SMALL
from ...progress import Progress
from ..clips import Batch, Crop, Scenes
from ..features import Encoders, coded, latent_statistics, looked, read, watched
from ..initial_weights import begun
from ..loop.ema import EMA
from ..loop.optimiser import Optimiser
from ..loop.seeds import generator_for
from ..loop.train import Figures, autocast
from ..losses.auxiliary_classification import Namer
from ..losses.classifier_guidance import FIRST, Listening
from ..recipe import Optimisation, Run, read_recipe
from ..setting import Setting
from ..worlds import WorldRecipe, Worlds, check_held_out, render_worlds, scene_of

FILE = "generator.safetensors"
VALIDATION_TIMES = 8


@dataclass(frozen=True)
class Dropping:
    """Shares of the items that are trained without a modality; the rest has all three."""

    text: float  # picture and sound only
    video: float  # text and sound only
    both: float
    looks: float  # text, sound and movement: sync tokens without visual ones, so that words must say what


class Missing(NamedTuple):
    """Which items of a batch lack which modality: bool [B] each."""

    text: Tensor
    visual: Tensor
    sync: Tensor


# What validation compares: the modalities that are missing. In "other" cases they are another clip's.
CASES: dict[str, tuple[str, ...]] = {
    "all": (),
    "no text": ("text",),
    "no looks": ("visual",),
    "no video": ("visual", "sync"),
    "other text": (),
    "other video": (),
}


@dataclass(frozen=True)
class GeneratorRecipe:
    ema_decay: float
    run: Run  # run.batch is not used: every crop has its own
    worlds: WorldRecipe
    held_out: int  # the first scenes, for validation only
    crops: tuple[Crop, ...]
    naming: float  # weight of the names' cross-entropy beside the flow's loss
    listening: float  # weight of the names missing or false in its own sound; 0: nobody listens
    listening_pause: int  # steps from one listening to the next
    dropping: Dropping
    optimisation: Optimisation

    def __post_init__(self) -> None:
        check_held_out(self.held_out, self.worlds)
        if not self.crops:
            raise InputError("crops: there is none; give one [[crops]] table or more.")
        if self.listening and self.run.steps <= FIRST:
            raise InputError(
                f"run.steps = {self.run.steps}: the first {FIRST} teach the listener alone; give more, or "
                f"listening = 0."
            )
        if self.listening_pause < 1:
            raise InputError(f"listening_pause = {self.listening_pause}: give 1 or more.")


class GeneratorTrainer:
    def __init__(
        self,
        recipe: GeneratorRecipe,
        scenes: Scenes,
        device: torch.device,
        net: MMDiT,
        *,
        begun: bool = False,
    ) -> None:
        """`begun`: the network has learned something already, with latents normalised as it says."""
        self.recipe, self.scenes, self.device = recipe, scenes, device
        self.net = net.to(device)
        if not begun:
            mean, std = latent_statistics(scenes.entries)
            self.net.latent_mean.copy_(mean)
            self.net.latent_std.copy_(std)
        self.ema = EMA(self.net, recipe.ema_decay)
        self.first = FIRST if recipe.listening else 0
        names = scenes.entries[0]["marks"].shape[1]
        self.namer = Namer(self.net, names).to(device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.run.seed)
            self.listening = Listening(self.net.config.latent_dim, names, recipe.optimisation, device)
        parameters = [*self.net.parameters(), *self.namer.parameters()]
        self.optimiser = Optimiser(parameters, recipe.optimisation)
        held_out = recipe.held_out
        self.among = [[i for i in scenes.long_enough(c.frames) if i >= held_out] for c in recipe.crops]
        for crop, among in zip(recipe.crops, self.among, strict=True):
            if not among:
                raise InputError(
                    f"crops.frames = {crop.frames}: only held-out scenes are as long; give more scenes, or "
                    f"shorter crops."
                )
        self.held_out = [[i for i in scenes.long_enough(c.frames) if i < held_out] for c in recipe.crops]

    def lr(self, step: int) -> float:
        return self.optimiser.lr(max(0, step - self.first))

    def step(self, step: int) -> Figures:
        draw = generator_for(self.recipe.run.seed, step, "batch")
        which = int(torch.multinomial(torch.tensor([c.share for c in self.recipe.crops]), 1, generator=draw))
        crop, among = self.recipe.crops[which], self.among[which]
        chosen = torch.randint(len(among), (crop.batch,), generator=draw).tolist()
        batch = self.scenes.batch([among[i] for i in chosen], crop.frames, draw)
        missing = draw_missing(self.recipe.dropping, crop.batch, draw)
        x1 = self._data(batch, draw)
        if step < self.first:
            return {"heard": self.listening.learn(x1, batch.marks.to(self.device), step, draw)}
        t = torch.randn(crop.batch, generator=draw).sigmoid()
        flow = self._loss(batch, missing, x1, t, draw).mean()
        marks = batch.marks.to(self.device)
        named = self.namer.loss(marks, t.to(self.device)).mean()
        loss, figures = flow + self.recipe.naming * named, {"loss": flow.detach(), "naming": named.detach()}
        listens = self.recipe.listening > 0 and step % self.recipe.listening_pause == 0
        if listens:
            judged = self._judged(batch, marks, draw)
            loss = loss + self.recipe.listening * judged
            figures["judged"] = judged.detach()
        norm = self.optimiser.step(loss, step - self.first)
        if listens:  # only now: the judgement's gradient goes through the listener
            figures["heard"] = self.listening.learn(x1, marks, step, draw)
        self.ema.update(self.net)
        return {**figures, "norm": norm}

    def _judged(self, batch: Batch, marks: Tensor, draw: torch.Generator) -> Tensor:
        """Of every second item, with all it has: what a condition does not tell cannot be asked for."""
        some = Batch(**{name: value[::2] for name, value in vars(batch).items()}).to(self.device)
        nothing = torch.zeros(len(some.marks), dtype=torch.bool)
        features = features_of(self.net, some, Missing(nothing, nothing, nothing))
        with autocast(self.recipe.run, self.device):
            return self.listening.judged(self.net, features, marks[::2], draw)

    def _data(self, batch: Batch, draw: torch.Generator) -> Tensor:
        mean, std = batch.latent.unbind(1)
        return self.net.normalize((mean + std * torch.randn(mean.shape, generator=draw)).to(self.device))

    def _loss(self, batch: Batch, missing: Missing, x1: Tensor, t: Tensor, draw: torch.Generator) -> Tensor:
        """[B]."""
        x0 = torch.randn(x1.shape, generator=draw).to(self.device)
        t = t.to(self.device)
        features = features_of(self.net, batch.to(self.device), missing)
        with autocast(self.recipe.run, self.device):
            velocity = self.net(interpolate(x0, x1, t), t, features)
        return flow_matching_loss(velocity.float(), x0, x1)

    @torch.no_grad()
    def validate(self, step: int) -> Figures:
        """The averaged network's loss on held-out scenes, with everything and with what belongs to another
        clip."""
        trained = {name: t.clone() for name, t in self.net.state_dict().items()}
        self.net.load_state_dict(self.ema.average)
        losses: dict[str, list[float]] = {name: [] for name in CASES}
        for crop, indices in zip(self.recipe.crops, self.held_out, strict=True):
            if len(indices) > 1:
                for name, loss in self._held_out_losses(crop, indices).items():
                    losses[name].append(loss)
        self.net.load_state_dict(trained)
        return {name: sum(values) / len(values) for name, values in losses.items() if values}

    def _held_out_losses(self, crop: Crop, indices: list[int]) -> dict[str, float]:
        """The same crops, noise and times for every case."""
        batch = self.scenes.crops([(i, 0) for i in indices], crop.frames)
        others = {
            "other video": {"sync": batch.sync.roll(1, 0), "visual": batch.visual.roll(1, 0)},
            "other text": {"text": batch.text.roll(1, 0)},
        }
        losses = {}
        for name, without in CASES.items():
            draw = generator_for(self.recipe.run.seed, 0, "validation")
            x1 = self._data(batch, draw)
            t = ((torch.arange(len(indices)) % VALIDATION_TIMES) + 0.5) / VALIDATION_TIMES
            given = Batch(**{**vars(batch), **others.get(name, {})})
            missing = Missing(*(torch.full((len(indices),), m in without) for m in Missing._fields))
            losses[name] = float(self._loss(given, missing, x1, t, draw).mean())
        return losses

    def state_dict(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(),
            "namer": self.namer.state_dict(),
            "listening": self.listening.state_dict(),
            "ema": self.ema.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self.namer.load_state_dict(state["namer"])
        self.listening.load_state_dict(state["listening"])
        self.ema.load_state_dict(state["ema"])
        self.optimiser.load_state_dict(state["optimiser"])

    def export(self, folder: Path) -> None:
        save_own(folder / FILE, self.ema.average, "mmdit", self.net.config)


def features_of(net: MMDiT, batch: Batch, missing: Missing) -> Features:
    """The batch with the learned empties in the places of what is missing."""

    def emptied(tokens: Tensor, without: Tensor, empty: Tensor) -> Tensor:
        return torch.where(without.to(tokens.device)[:, None, None], empty.to(tokens), tokens)

    return Features(
        visual=emptied(batch.visual, missing.visual, net.empty_clip_feat),
        sync=emptied(batch.sync, missing.sync, net.empty_sync_feat),
        text=emptied(batch.text, missing.text, net.empty_string_feat),
        visual_len=batch.visual.shape[1],
        sync_len=batch.sync.shape[1],
        seconds_start=batch.seconds_start,
        seconds_total=batch.seconds_total,
    )


def draw_missing(dropping: Dropping, count: int, draw: torch.Generator) -> Missing:
    u = torch.rand(count, generator=draw)
    upper = torch.tensor([dropping.text, dropping.video, dropping.both, dropping.looks]).cumsum(0)
    text, video, both, looks = (torch.bucketize(u, upper, right=True) == i for i in range(len(upper)))
    return Missing(text=text | both, visual=video | both | looks, sync=video | both)


@torch.no_grad()
def start_quietly(net: MMDiT) -> MMDiT:
    """Before training: modulations and the output begin at zero, so every block begins as the identity
    (DiT). So does the table of the countdown, which an older network can then be given."""
    for name, parameter in net.named_parameters():
        if "adaLN_modulation" in name or name.startswith(("final_layer.conv", "seconds_left")):
            parameter.zero_()
    return net


def load_scenes(recipe: GeneratorRecipe, setting: Setting) -> Scenes:
    """Renders, encodes and codes what the caches lack."""
    encoders = Encoders.given(setting)  # before the worlds, which may take minutes
    vae = load_network(setting.need("vae", "codec"), "vae", device=setting.device, dtype=torch.float32)
    worlds = Worlds(
        render_worlds(recipe.worlds, MEL_44K, setting.cache, setting.progress), recipe.worlds.scenes
    )
    made = setting.cache, setting.progress
    parts = (
        watched(worlds, encoders.sync, *made),
        looked(worlds, encoders.visual, *made),
        read(worlds, encoders.text, *made),
        coded(worlds, vae, *made),
    )
    spans = told(recipe.worlds, setting.progress)
    names = label_names(spans[recipe.held_out :])
    entries = [{k: v for part in scene for k, v in part.items()} for scene in zip(*parts, strict=True)]
    for entry, clip in zip(entries, spans, strict=True):
        entry["marks"] = frame_labels(clip, names, entry["latent"].shape[1], LATENT_RATE_44K)
    return Scenes(entries, worlds.seconds, encoders.text.length)


def told(recipe: WorldRecipe, progress: Progress) -> list[tuple[TimedLabel, ...]]:
    """What the truth of every scene says of its sounds: 6 ms a scene, so it is not cached."""
    clips = []
    for index in range(recipe.scenes):
        clips.append(labels_of(truth_of(scene_of(recipe, index))))
        progress("truth of worlds", index + 1, recipe.scenes)
    return clips


def build(recipe_path: Path, setting: Setting) -> tuple[GeneratorTrainer, Run]:
    recipe = read_recipe(recipe_path, GeneratorRecipe)
    net = begun(start_quietly(untrained(SMALL, "generator")), "mmdit", setting)
    scenes = load_scenes(recipe, setting)
    return GeneratorTrainer(recipe, scenes, setting.device, net, begun=bool(setting.start)), recipe.run
