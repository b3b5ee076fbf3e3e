"""Trains the codec's mel VAE in the paper's four stages (section 4.5, algorithm 2; see `codec_stages.py`).

    mel [B, bands, T] -> posterior -> z = mean + std * noise [B, C, T / 2] -> mel

The VAE preserves magnitudes by weights of norm 1, so after every step they are brought back to it. Losses
compare mels normalised per band, in float32. What is saved is the average of the weights; entering stage 4 it
becomes the network, so that the frozen encoder of the file and of the training are one, and latents cached
from then on stay valid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ...checkpoints import save_own
from ...codec import MelVAE, MelVAEConfig, Posterior
from ...codec.vae_weights import normalise_weights
from ...errors import InputError
from ..initial_weights import begun, check_start
from ..loop.ema import EMA
from ..loop.figures import mean_figures
from ..loop.optimiser import Optimiser
from ..loop.prefetch import Prefetched
from ..loop.processes import micro_batches
from ..loop.seeds import noise_for
from ..loop.state import StateOfParts
from ..loop.train import Figures, autocast
from ..losses.adversarial import (
    generator_loss,
    gradient_ratio,
    hinge_loss,
    kl_per_dimension,
    over_margin,
    r1_penalty,
)
from ..losses.discriminator import DiscriminatorConfig, MelDiscriminator
from ..recipe import BatchRun, Optimisation, Run, Source, check_held_whole, read_recipe
from ..setting import Setting
from .codec_stages import Stages
from .sound_batches import SoundCrops, SoundData, Sounds, sounds_of, validation_places

if TYPE_CHECKING:
    from accelerate import Accelerator

STATISTICS_BATCHES = 64
LEAST_DEVIATION = 0.1  # of a band: sounds of a lower rate leave bands always at the floor
VALIDATION_FRAMES = 256  # of each held-out clip, the first
VALIDATION_CLIPS = 8  # of each class
FILE = "codec.safetensors"
# The discriminator halves time four times. Where one column would be left, torch's bfloat16 convolution on a
# CPU reads memory that was never written (seen with 2.15), and all weights become NaN.
LEAST_FRAMES = 32


@dataclass(frozen=True)
class CodecLosses:
    kl_margin: float  # nats per latent dimension and frame
    r1: float
    r1_steps: int  # R1 is computed every so many steps, and then counts so many times

    def __post_init__(self) -> None:
        if self.r1_steps < 1:
            raise InputError(f"losses.r1_steps = {self.r1_steps}: give 1 or more; r1 = 0 switches R1 off.")


@dataclass(frozen=True)
class CodecRecipe:
    run: BatchRun
    optimisation: Optimisation
    discriminator_optimisation: Optimisation
    ema_decay: float
    frames: int  # mel frames of a crop, an even number
    stages: Stages
    losses: CodecLosses
    discriminator: DiscriminatorConfig
    data: SoundData

    def __post_init__(self) -> None:
        check_held_whole(self.run)
        if self.frames % 2 or self.frames < LEAST_FRAMES:
            raise InputError(f"frames = {self.frames}: give an even number, {LEAST_FRAMES} or more.")


@dataclass(frozen=True)
class Piece:
    """What one pass over a piece of the batch leaves: normalised mels [B, bands, T], and figures."""

    real: Tensor
    fake: Tensor
    figures: Figures


def build(source: Source, setting: Setting) -> tuple[CodecTrainer, Run]:
    recipe, preset = read_recipe(source, CodecRecipe), setting.preset
    check_start("vae", setting)
    train, held_out = sounds_of(setting, recipe.data)
    vae = begun(new_vae(preset.vae, recipe.run.seed), "vae", setting)
    trainer = CodecTrainer(recipe, vae, train, held_out, setting.accelerator)
    if not setting.start:
        trainer.set_statistics()
    return trainer, recipe.run


def new_vae(config: MelVAEConfig, seed: int) -> MelVAE:
    """Random weights of norm 1."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        vae = MelVAE(config)
    renormalise(vae)
    return vae


class CodecTrainer(StateOfParts):
    def __init__(
        self, recipe: CodecRecipe, vae: MelVAE, train: Sounds, held_out: Sounds, accelerator: Accelerator
    ) -> None:
        self.recipe, self.accelerator, self.device = recipe, accelerator, accelerator.device
        self.crops = SoundCrops(train, recipe.data, recipe.frames, recipe.run.seed)
        self.held_out = held_out
        self.positions = micro_batches(recipe.run.batch, recipe.run.accumulate, accelerator)
        self.read = Prefetched(self._mels, recipe.run.steps)
        self.vae = vae.to(self.device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.run.seed)
            self.discriminator = MelDiscriminator(recipe.discriminator).to(self.device)
        self.ema = EMA(self.vae, recipe.ema_decay)
        self.optimiser = Optimiser(self.vae, recipe.optimisation, accelerator)
        self.discriminator_optimiser = Optimiser(
            self.discriminator, recipe.discriminator_optimisation, accelerator
        )

    def lr(self, step: int) -> float:
        return self.optimiser.lr(step)

    def step(self, step: int) -> Figures:
        stages = self.recipe.stages
        if step == stages.stage3_end:
            self._settle()
        self.vae.encoder.requires_grad_(not stages.encoder_frozen(step))
        pieces: list[Piece] = []
        losses = [
            partial(self._loss, step, mel, positions, pieces)
            for mel, positions in zip(self.read(step), self.positions, strict=True)
        ]
        norm = self.optimiser.accumulated_step(losses, step)
        renormalise(self.vae)
        self.ema.update(self.vae)
        figures = mean_figures([piece.figures for piece in pieces])
        if stages.adversarial(step):
            figures |= self._discriminator_step(step, pieces)
        return {**figures, "gradient": norm}

    def _loss(self, step: int, mel: Tensor, positions: range, pieces: list[Piece], vae: MelVAE) -> Tensor:
        stages = self.recipe.stages
        posterior, decoded = self._code(vae, mel, step, positions)
        real, fake = self._normalised(mel), self._normalised(decoded)
        mse = (fake - real).square().mean()
        margin = self.recipe.losses.kl_margin * self.vae.config.latent_dim
        kl = over_margin(kl_per_dimension(posterior).sum(), margin, self.accelerator)
        loss = mse + stages.kl(step) * kl
        figures = {"mse": mse.detach(), "kl_over_margin": kl.detach()}
        if stages.adversarial(step):
            adversarial = self._adversarial(fake)
            ratio = gradient_ratio(mse, adversarial, fake, self.accelerator)
            loss = loss + stages.gan(step) * ratio * adversarial
            figures["adversarial"] = adversarial.detach()
        pieces.append(Piece(real, fake.detach(), {"loss": loss.detach(), **figures}))
        return loss

    def _settle(self) -> None:
        """The average becomes the network."""
        self.vae.load_state_dict(self._averaged().state_dict())
        self.ema = EMA(self.vae, self.recipe.ema_decay)

    def _discriminator_step(self, step: int, pieces: list[Piece]) -> Figures:
        found: list[Figures] = []
        losses = [partial(self._discriminator_loss, step, piece, found) for piece in pieces]
        self.discriminator_optimiser.accumulated_step(losses, step - self.recipe.stages.stage2_end)
        return mean_figures(found)

    def _discriminator_loss(
        self, step: int, piece: Piece, found: list[Figures], discriminator: MelDiscriminator
    ) -> Tensor:
        """gamma * hinge + lambda * R1, gamma rising with the generator's weight."""
        stages, losses = self.recipe.stages, self.recipe.losses
        with autocast(self.recipe.run, self.device):
            scores = discriminator(torch.cat([piece.real, piece.fake])).chunk(2)
        hinge = hinge_loss(*scores)
        loss, figures = stages.gan(step) / stages.gan_upper * hinge, {"hinge": hinge.detach()}
        if step % losses.r1_steps == 0:  # in float32: it is differentiated twice
            r1 = r1_penalty(discriminator, piece.real)
            loss, figures["r1"] = loss + losses.r1 * losses.r1_steps * r1, r1.detach()
        found.append(figures)
        return loss

    def _adversarial(self, fake: Tensor) -> Tensor:
        self.discriminator.requires_grad_(False)  # spares gradients of its weights, which are not wanted here
        with autocast(self.recipe.run, self.device):
            loss = generator_loss(self.discriminator(fake))
        self.discriminator.requires_grad_(True)
        return loss

    @torch.no_grad()
    def validate(self, step: int) -> Figures:
        """Mean |log mel difference| of held-out clips, by class, latents without noise."""
        vae, figures = self._averaged(), {}
        for kind, places in validation_places(self.held_out, VALIDATION_CLIPS).items():
            errors = []
            for place in places:
                frames = min(VALIDATION_FRAMES, self.held_out.frames(place.index))
                mel, _ = self.held_out.crops([place], frames, self.device)
                errors.append((vae.decode(vae.encode(mel).mean) - mel).abs().mean())
            figures[f"mel_l1_{kind}"] = torch.stack(errors).mean()
        return figures

    def export(self, folder: Path) -> None:
        if self.accelerator.is_main_process:
            save_own(folder / FILE, self._averaged().state_dict(), "vae", self.vae.config)

    def _parts(self) -> dict[str, Any]:
        return {
            "vae": self.vae,
            "discriminator": self.discriminator,
            "ema": self.ema,
            "optimiser": self.optimiser,
            "discriminator_optimiser": self.discriminator_optimiser,
        }

    def _averaged(self) -> MelVAE:
        """The average with its weights back at norm 1, without gradients."""
        vae = MelVAE(self.vae.config, device="meta")
        vae.load_state_dict(normalise_weights(self.ema.average), assign=True)
        return vae.requires_grad_(False).eval()

    def _mels(self, step: int) -> list[Tensor]:
        """This process's pieces of the batch."""
        return [
            self.crops.batch(step, self.recipe.run.batch, self.device, positions)[0]
            for positions in self.positions
        ]

    def _code(self, vae: MelVAE, mel: Tensor, step: int, positions: range) -> tuple[Posterior, Tensor]:
        with autocast(self.recipe.run, self.device):
            posterior = vae.encode(mel)
            noise = noise_for(self.recipe.run.seed, step, positions, posterior.mean.shape[1:])
            return posterior, vae.decode(posterior.sample(noise.to(self.device)))

    def _normalised(self, mel: Tensor) -> Tensor:
        return (mel - self.vae.data_mean) / self.vae.data_std

    @torch.no_grad()
    def set_statistics(self) -> None:
        """Per band over the training sounds, as often as training meets them."""
        count = self.recipe.run.batch
        mels = torch.cat(
            [self.crops.batch(-1 - i, count, self.device, range(count))[0] for i in range(STATISTICS_BATCHES)]
        )
        for average in (self.vae.state_dict(), self.ema.average):
            average["data_mean"].copy_(mels.mean((0, 2))[None, :, None])
            average["data_std"].copy_(mels.std((0, 2)).clamp(min=LEAST_DEVIATION)[None, :, None])


@torch.no_grad()
def renormalise(vae: MelVAE) -> None:
    """Rows of all convolutions that are trained back to norm 1, in place."""
    named = dict(_convolutions(vae))
    for name, weight in normalise_weights(named).items():
        named[name].copy_(weight)


def _convolutions(vae: MelVAE) -> Iterator[tuple[str, Tensor]]:
    return ((name, p) for name, p in vae.named_parameters() if p.ndim == 3 and p.requires_grad)
