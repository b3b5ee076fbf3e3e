"""Trains the codec's mel VAE in the paper's four stages (section 4.5, algorithm 2; see `stages.py`).

    mel [B, bands, T] -> posterior -> z = mean + std * noise [B, C, T / 2] -> mel

The VAE preserves magnitudes by weights of norm 1, so after every step they are brought back to it. Losses
compare mels normalised per band. What is saved is the average of the weights; entering stage 4 it becomes the
network, so that the frozen encoder of the file and of the training are one, and latents cached from then on
stay valid.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...checkpoints import save_own
from ...codec import MelVAE, MelVAEConfig, Posterior
from ...codec.mel import FLOOR
from ...codec.presets import MEL_44K, VAE_SMALL
from ...codec.vae_weights import normalise_weights
from ...data.recordings.bank import Crops, SoundBank
from ...data.recordings.clip import HELD_OUT, KINDS, TRAIN
from ...data.recordings.sounds import SoundData, sound_bank
from ...errors import InputError
from ..loop.ema import EMA
from ..loop.parameters_optimiser import Optimiser
from ..loop.seeds import generator_for
from ..loop.train import Figures, autocast
from ..losses.adversarial import balance, generator_loss, hinge_loss, kl_with_margin, r1_penalty
from ..losses.discriminator import DiscriminatorConfig, MelDiscriminator
from ..recipe import BatchRun, Optimisation, Run, Source, read_recipe
from ..setting import Setting
from .codec_stages import Stages

STATISTICS_BATCHES = 64
VALIDATION_FRAMES = 256  # of each held-out clip, the first
VALIDATION_CLIPS = 8  # of each kind
FILE = "codec.safetensors"
# The discriminator halves time four times. Where one column would be left, torch's bfloat16 convolution on a
# CPU reads memory that was never written (seen with 2.15), and all weights become NaN.
LEAST_FRAMES = 32


@dataclass(frozen=True)
class CodecLosses:
    kl_margin: float  # nats per latent frame
    r1: float
    r1_steps: int  # R1 is computed every so many steps, and then counts so many times

    def __post_init__(self) -> None:
        if self.r1_steps < 1:
            raise InputError(f"losses.r1_steps = {self.r1_steps}: give 1 or more; r1 = 0 switches R1 off.")


@dataclass(frozen=True)
class Crop:
    frames: int  # of mel, even
    gain_db: tuple[float, float]  # each crop is made this much louder, at random

    def __post_init__(self) -> None:
        if self.frames % 2 or self.frames < LEAST_FRAMES:
            raise InputError(f"crop.frames = {self.frames}: give an even number, {LEAST_FRAMES} or more.")


@dataclass(frozen=True)
class CodecRecipe:
    run: BatchRun
    optimisation: Optimisation
    discriminator_optimisation: Optimisation
    ema_decay: float
    stages: Stages
    losses: CodecLosses
    discriminator: DiscriminatorConfig
    crop: Crop
    data: SoundData


def build(source: Source, setting: Setting) -> tuple[CodecTrainer, Run]:
    recipe = read_recipe(source, CodecRecipe)
    bank = sound_bank(setting.cache, recipe.data, MEL_44K, setting.progress)
    return CodecTrainer(recipe, VAE_SMALL, bank, setting.device), recipe.run


class CodecTrainer:
    def __init__(
        self, recipe: CodecRecipe, config: MelVAEConfig, bank: SoundBank, device: torch.device
    ) -> None:
        self.recipe, self.bank, self.device = recipe, bank, device
        self.crops = Crops(bank, TRAIN, recipe.data.shares, recipe.crop.frames)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.run.seed)
            self.vae = MelVAE(config).to(device)
            self.discriminator = MelDiscriminator(recipe.discriminator).to(device)
        self._set_statistics()
        renormalise(self.vae)
        self.ema = EMA(self.vae, recipe.ema_decay)
        self.optimiser = Optimiser(self.vae.parameters(), recipe.optimisation)
        self.judge_optimiser = Optimiser(self.discriminator.parameters(), recipe.discriminator_optimisation)

    def lr(self, step: int) -> float:
        return self.optimiser.lr(step)

    def step(self, step: int) -> Figures:
        recipe, stages = self.recipe, self.recipe.stages
        if step == stages.stage3_end:
            self._settle()
        self.vae.encoder.requires_grad_(not stages.encoder_frozen(step))
        mel = self._batch(step)
        posterior, decoded = self._code(mel, generator_for(recipe.run.seed, step, "noise"))
        real, fake = self._normalised(mel), self._normalised(decoded)
        mse = (fake - real).square().mean()
        kl = kl_with_margin(posterior, recipe.losses.kl_margin)
        loss = mse + stages.kl(step) * kl
        figures = {"mse": mse, "kl_over_margin": kl}
        if stages.adversarial(step):
            figures |= self._judge(step, real, fake.detach())
            adversarial = self._adversarial(fake)
            loss = loss + stages.gan(step) * balance(mse, adversarial, fake) * adversarial
            figures["adversarial"] = adversarial
        norm = self.optimiser.step(loss, step)
        renormalise(self.vae)
        self.ema.update(self.vae)
        return {"loss": loss, **figures, "gradient": norm}

    def _settle(self) -> None:
        """The average becomes the network."""
        self.vae.load_state_dict(self._averaged().state_dict())
        self.ema = EMA(self.vae, self.recipe.ema_decay)

    def _judge(self, step: int, real: Tensor, fake: Tensor) -> Figures:
        """The discriminator's step: gamma * hinge + lambda * R1, gamma rising with the generator's weight."""
        stages, losses = self.recipe.stages, self.recipe.losses
        with autocast(self.recipe.run, self.device):
            scores_real, scores_fake = self.discriminator(torch.cat([real, fake])).chunk(2)
        hinge = hinge_loss(scores_real, scores_fake)
        loss, figures = stages.gan(step) / stages.gan_upper * hinge, {"hinge": hinge}
        if step % losses.r1_steps == 0:  # in float32: it is differentiated twice
            r1 = r1_penalty(self.discriminator, real)
            loss, figures["r1"] = loss + losses.r1 * losses.r1_steps * r1, r1
        self.judge_optimiser.step(loss, step - stages.stage2_end)
        return figures

    def _adversarial(self, fake: Tensor) -> Tensor:
        self.discriminator.requires_grad_(
            False
        )  # spares the gradients of its weights, which nobody wants here
        with autocast(self.recipe.run, self.device):
            loss = generator_loss(self.discriminator(fake))
        self.discriminator.requires_grad_(True)
        return loss

    @torch.no_grad()
    def validate(self, step: int) -> Figures:
        """Mean |log mel difference| of held-out clips, by kind, latents without noise."""
        vae = self._averaged()
        figures = {}
        for kind in KINDS:
            errors = []
            for entry in self.bank.select(HELD_OUT, kind)[:VALIDATION_CLIPS]:
                frames = min(VALIDATION_FRAMES, entry.frames // 2 * 2)
                mel = self.bank.mel_of(entry, 0, frames)[None].to(self.device)
                errors.append((vae.decode(vae.encode(mel).mean) - mel).abs().mean())
            if errors:
                figures[f"mel_l1_{kind}"] = torch.stack(errors).mean()
        return figures

    def state_dict(self) -> dict[str, Any]:
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def export(self, folder: Path) -> None:
        save_own(folder / FILE, self._averaged().state_dict(), "vae", self.vae.config)

    def _parts(self) -> dict[str, Any]:
        return {
            "vae": self.vae,
            "discriminator": self.discriminator,
            "ema": self.ema,
            "optimiser": self.optimiser,
            "discriminator_optimiser": self.judge_optimiser,
        }

    def _averaged(self) -> MelVAE:
        """The average with its weights back at norm 1, without gradients."""
        vae = MelVAE(self.vae.config, device="meta")
        vae.load_state_dict(normalise_weights(self.ema.average), assign=True)
        return vae.requires_grad_(False).eval()

    def _batch(self, step: int) -> Tensor:
        run, crop = self.recipe.run, self.recipe.crop
        generator = generator_for(run.seed, step, "batch")
        mel = self.crops.mels(run.batch, generator)
        low, high = (db * math.log(10) / 20 for db in crop.gain_db)
        gain = low + (high - low) * torch.rand(run.batch, 1, 1, generator=generator)
        return (mel + gain).clamp(min=math.log(FLOOR)).to(self.device)

    def _code(self, mel: Tensor, generator: torch.Generator) -> tuple[Posterior, Tensor]:
        with autocast(self.recipe.run, self.device):
            posterior = self.vae.encode(mel)
            noise = torch.randn(posterior.mean.shape, generator=generator).to(self.device)
            return posterior, self.vae.decode(posterior.sample(noise))

    def _normalised(self, mel: Tensor) -> Tensor:
        return (mel - self.vae.data_mean) / self.vae.data_std

    @torch.no_grad()
    def _set_statistics(self) -> None:
        """Per band over the training sounds, as often as training meets them."""
        mels = torch.cat([self._batch(-1 - i) for i in range(STATISTICS_BATCHES)])
        self.vae.data_mean.copy_(mels.mean((0, 2))[None, :, None])
        self.vae.data_std.copy_(mels.std((0, 2))[None, :, None])


@torch.no_grad()
def renormalise(vae: MelVAE) -> None:
    """Rows of all convolutions that are trained back to norm 1, in place."""
    named = dict(_convolutions(vae))
    for name, weight in normalise_weights(named).items():
        named[name].copy_(weight)


def _convolutions(vae: MelVAE) -> Iterator[tuple[str, Tensor]]:
    return ((name, p) for name, p in vae.named_parameters() if p.ndim == 3 and p.requires_grad)
