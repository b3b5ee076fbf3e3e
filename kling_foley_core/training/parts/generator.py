"""Trains the MM-DiT by conditional flow matching (paper section 4, algorithm 1) on shards of latents and
features.

    x1 = a draw from the codec's posterior, normalised; x0 = noise; x_t = (1 - t) x0 + t x1
    loss = |v(x_t, t, C) - (x1 - x0)|^2
         + auxiliary_classification * (cross-entropy of the labels, read off the network on the way)
         + guidance.weight * (cross-entropy of the labels, in what it makes of noise)

Pairwise training: of every item the text, the picture, or both are replaced by the learned empties, as often
as the recipe says, and always where the sample has none; our addition is to leave out the visual tokens
alone, while the sync tokens stay. t = sigmoid(normal): most work is in the middle of the path (our choice,
MMAudio's; the paper is silent). The file holds the average of the weights, and the latents' statistics with
which they were normalised. Samples without labels train the flow alone.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ...checkpoints import save_own
from ...data.shards import Batches, Crop
from ...data.splits import HELD_OUT, TRAIN
from ...errors import InputError
from ...flow.path import flow_matching_loss, interpolate
from ...mmdit import MMDiT
from ...systems.assembly import untrained
from ..initial_weights import begun
from ..loop.ema import EMA
from ..loop.optimiser import Optimiser
from ..loop.parallel import Wrapped, gathered, load_held
from ..loop.prefetch import Prefetched
from ..loop.processes import micro_batches
from ..loop.seeds import generator_for
from ..loop.train import Figures, autocast
from ..losses.auxiliary_classification import AuxiliaryClassifier, hidden_states
from ..losses.classifier_guidance import GRID, ClassifierGuidance, Noised
from ..recipe import Optimisation, Run, Source, read_recipe
from ..setting import Setting
from .generator_batches import Crops, Missing
from .generator_conditions import Dropping, Piece, draw_items, features_of
from .generator_samples import sound_samples
from .generator_survey import survey
from .generator_validation import held_out_losses

FILE = "generator.safetensors"
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Guidance:
    """Classifier guidance. The classifier learns from step `start` - `warm_up` on."""

    weight: float  # 0: none
    start: int  # the first step that is guided
    warm_up: int
    every: int  # steps from one guided step to the next

    def __post_init__(self) -> None:
        if self.every < 1 or not 0 <= self.warm_up <= self.start:
            raise InputError(f"{self}: every must be 1 or more, warm_up 0 or more and at most start.")


@dataclass(frozen=True)
class GeneratorRecipe:
    ema_decay: float
    auxiliary_classification: float  # weight beside the flow's loss
    run: Run
    guidance: Guidance
    dropping: Dropping
    optimisation: Optimisation
    crops: tuple[Crop, ...]


class GeneratorTrainer:
    def __init__(
        self,
        recipe: GeneratorRecipe,
        net: MMDiT,
        crops: Crops,
        held_out: Crops,
        setting: Setting,
        *,
        names: Sequence[str],
    ) -> None:
        """`net`: with its latents' statistics. `crops`: of the training samples. `names`: that labels
        have."""
        self.recipe, self.crops, self.held_out, self.accelerator = (
            recipe,
            crops,
            held_out,
            setting.accelerator,
        )
        self.device, self.names = setting.device, len(names)
        for crop in recipe.crops:
            micro_batches(crop.batch, recipe.run.accumulate, self.accelerator)
        self.batches = Batches(crops.shards.entries, recipe.crops, recipe.run.seed)
        self.pieces = Prefetched(self._pieces, recipe.run.steps)
        self.samples = sound_samples(setting, held_out, max(crop.seconds for crop in recipe.crops))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.run.seed)
            self._build(net)

    def _build(self, net: MMDiT) -> None:
        recipe = self.recipe
        networks = nn.ModuleDict({"net": net})
        if self.names and recipe.auxiliary_classification:
            networks["classifier"] = AuxiliaryClassifier(net.config.hidden_dim, self.names)
        self.guidance = None
        if self.names and recipe.guidance.weight:
            self.guidance = ClassifierGuidance(
                net.config.latent_dim, self.names, recipe.optimisation, self.accelerator
            )
        blocks = [*net.joint_blocks, *net.fused_blocks]
        self.networks, self.net = networks.to(self.device), net
        self.parallel = Wrapped(self.networks, blocks, recipe.run, self.accelerator)
        self.averaged = self._averaged()
        self.ema = EMA(self.averaged, recipe.ema_decay)
        self.optimiser = Optimiser(self.parallel, recipe.optimisation, self.accelerator)

    def _averaged(self) -> nn.Module:
        """What is trained and written, in the averages of its weights."""
        return self.net

    def lr(self, step: int) -> float:
        return self.optimiser.lr(step)

    def step(self, step: int) -> Figures:
        guidance = self.recipe.guidance
        pieces = [piece.to(self.device) for piece in self.pieces(step)]
        guided = self.guidance is not None and step >= guidance.start and step % guidance.every == 0
        figures: dict[str, list[Tensor]] = {}

        def loss_of(networks: nn.ModuleDict, piece: Piece) -> Tensor:
            loss, parts = self._loss(networks, piece, step, guided)
            for name, value in parts.items():
                figures.setdefault(name, []).append(value.detach())
            return loss

        norm = self.optimiser.accumulated_step(
            [lambda networks, piece=piece: loss_of(networks, piece) for piece in pieces], step
        )
        self.ema.update(self.averaged)
        means = {name: torch.stack(values).mean() for name, values in figures.items()}
        if self.guidance is not None and step >= guidance.start - guidance.warm_up:
            means["classifier"] = self._train_classifier(pieces, step)
        return {**means, "norm": norm}

    def _loss(
        self, networks: nn.ModuleDict, piece: Piece, step: int, guided: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        recipe, net, (batch, draws) = self.recipe, networks["net"], (piece.batch, piece.draws)
        t = draws.time.sigmoid()
        with hidden_states(net) as hidden:
            flow = self.flow_loss(net, piece, draws.missing(recipe.dropping), t).mean()
        loss, figures = flow, {"loss": flow}
        if "classifier" in networks:
            named = networks["classifier"].loss(hidden[0], batch.labels, batch.labelled, t).mean()
            loss, figures["auxiliary"] = loss + recipe.auxiliary_classification * named, named
        if guided:
            error = self._guidance_loss(net, piece, step)
            loss, figures["guidance"] = loss + recipe.guidance.weight * error, error
        return loss, figures

    def _guidance_loss(self, net: MMDiT, piece: Piece, step: int) -> Tensor:
        """Of every second item, with all its conditions: what they don't tell can't be asked for."""
        seed = self.recipe.run.seed
        steps = int(torch.randint(GRID, (), generator=generator_for(seed, step, "guidance")))
        batch, noise = piece.batch.every_second(), piece.draws.guidance[::2]
        features = features_of(net, batch, batch.missing)
        with autocast(self.recipe.run, self.device):
            return self.guidance.loss(net, noise, features, steps, batch.labels, batch.labelled).mean()

    def flow_loss(self, net: MMDiT, piece: Piece, missing: Missing, t: Tensor) -> Tensor:
        """[B]. `missing` beside what the samples lack anyway."""
        x0, x1 = piece.draws.noise, self._data(piece)
        absent = Missing(*(a | b for a, b in zip(missing, piece.batch.missing, strict=True)))
        features = features_of(net, piece.batch, absent)
        with autocast(self.recipe.run, self.device):
            velocity = net(interpolate(x0, x1, t), t, features)
        return flow_matching_loss(velocity.float(), x0, x1)

    def _data(self, piece: Piece) -> Tensor:
        mean, std = piece.batch.latent.unbind(1)
        return self.net.normalize(mean + std * piece.draws.posterior)

    def _train_classifier(self, pieces: list[Piece], step: int) -> Tensor:
        """After the generator's step, which needs the weights that judged it."""
        noised = [
            Noised(
                p.draws.classifier, self._data(p), p.draws.classifier_time, p.batch.labels, p.batch.labelled
            )
            for p in pieces
        ]
        first = self.recipe.guidance.start - self.recipe.guidance.warm_up
        return self.guidance.learn(noised, step - first)

    def _pieces(self, step: int) -> list[Piece]:
        """This process's share of a step's batch."""
        seed, accumulate = self.recipe.run.seed, self.recipe.run.accumulate
        crop, indices = self.batches.batch(step)
        pieces = []
        for places in micro_batches(crop.batch, accumulate, self.accelerator):
            draws = [generator_for(seed, step, f"crop {p}") for p in places]
            batch = self.crops.batch([indices[p] for p in places], crop.seconds, draws)
            noise = [generator_for(seed, step, f"noise {p}") for p in places]
            pieces.append(Piece(batch, draw_items(noise, batch.latent.shape[2:])))
        return pieces

    def validate(self, step: int) -> Figures:
        """The averaged network's loss on held-out samples, with everything, without something, and with what
        belongs to another sample."""
        with self.ema.swapped(self.averaged):
            if self.samples is not None:
                self.samples.write(self, step)
            return held_out_losses(self)

    def state_dict(self) -> dict[str, Any]:
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if state.keys() != self._parts().keys():
            raise ValueError(f"it holds {', '.join(state)}, and {', '.join(self._parts())} are trained")
        for name, part in self._parts().items():
            if isinstance(part, nn.Module):
                load_held(part, state[name])
            else:
                part.load_state_dict(state[name])

    def _parts(self) -> dict[str, Any]:
        parts = {"networks": self.networks, "ema": self.ema, "optimiser": self.optimiser}
        return parts if self.guidance is None else {**parts, "guidance": self.guidance}

    def export(self, folder: Any) -> None:
        average = gathered(self.ema.average, self.accelerator)
        if self.accelerator.is_main_process:
            save_own(folder / FILE, average, "mmdit", self.net.config)


@torch.no_grad()
def zero_init(net: MMDiT) -> MMDiT:
    """Before training: modulations and the output begin at zero, so every block begins as the identity
    (DiT). So does the table of the countdown, which an older network can then be given."""
    for name, parameter in net.named_parameters():
        if "adaLN_modulation" in name or name.startswith(("final_layer.conv", "seconds_left")):
            parameter.zero_()
    return net


def build(source: Source, setting: Setting) -> tuple[GeneratorTrainer, Run]:
    recipe = read_recipe(source, GeneratorRecipe)
    shards, held_out = (setting.shards(split, ["latent"]) for split in (TRAIN, HELD_OUT))
    crops = Crops(
        shards, setting.preset, ()
    )  # another encoder's shards are found before the network is built
    setting.check_networks(shards)
    net = begun(zero_init(untrained(setting.preset, "generator")), "mmdit", setting)
    found = survey(shards, setting.progress)
    if not setting.start:
        net.latent_mean.copy_(found.mean)
        net.latent_std.copy_(found.std)
    if not found.names and (recipe.auxiliary_classification or recipe.guidance.weight):
        logger.warning(
            "no sample of --data has labels: auxiliary classification and classifier guidance are off"
        )
    crops, held_out = (Crops(s, setting.preset, found.names) for s in (shards, held_out))
    return GeneratorTrainer(recipe, net, crops, held_out, setting, names=found.names), recipe.run
