"""Trains the vocoder: on true mels first, then also on the codec's, which is what it will be given.

    mel [B, bands, T] -> wave [B, 1, T * hop]

Paper section 4.5: after the codec's last stage the vocoder is fine-tuned on decoded mels, so that errors do
not add up. Losses are our choice: spectra at several window lengths, and the mel of what was made. The small
inverse-STFT vocoder starts as the mel's own envelope (`ISTFTVocoder.start_from_envelope`). A BigVGAN is best
begun with public weights (--start): here it learns from these losses alone, without its discriminators.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ...checkpoints import load_network, save_own
from ...checkpoints.kinds import KINDS
from ...codec import ISTFTVocoder, MelVAE
from ...errors import InputError
from ...presets import Preset
from ..initial_weights import begun, check_start
from ..loop.ema import EMA
from ..loop.figures import mean_figures
from ..loop.optimiser import Optimiser
from ..loop.prefetch import Prefetched
from ..loop.processes import micro_batches
from ..loop.seeds import noise_for
from ..loop.state import StateOfParts
from ..loop.train import Figures, autocast
from ..losses.spectral import log_stft_distance, stft_distance
from ..recipe import BatchRun, Optimisation, Run, Source, check_held_whole, read_recipe
from ..setting import Setting
from .sound_batches import SoundCrops, SoundData, Sounds, sounds_of, validation_places

if TYPE_CHECKING:
    from accelerate import Accelerator

FILE = "vocoder.safetensors"
VALIDATION_FRAMES = 256
VALIDATION_CLIPS = 6  # of each class


@dataclass(frozen=True)
class VocoderLosses:
    windows: tuple[int, ...]
    mel: float  # weight of the mel's difference


@dataclass(frozen=True)
class Decoded:
    """From step `start` on, this share of the crops comes as the codec decodes it."""

    start: int
    share: float


@dataclass(frozen=True)
class VocoderRecipe:
    run: BatchRun
    optimisation: Optimisation
    ema_decay: float
    frames: int  # mel frames of a crop, an even number
    losses: VocoderLosses
    decoded: Decoded
    data: SoundData

    def __post_init__(self) -> None:
        check_held_whole(self.run)
        if self.frames % 2 or self.frames < 2:
            raise InputError(f"frames = {self.frames}: give an even number, 2 or more.")


@dataclass(frozen=True)
class VocoderBatch:
    """True mels [B, bands, T] and waves [B, 1, T * hop] of some positions in the global batch."""

    mel: Tensor
    wave: Tensor
    positions: range


def build(source: Source, setting: Setting) -> tuple[VocoderTrainer, Run]:
    """Needs the codec: --with codec.safetensors."""
    recipe, preset = read_recipe(source, VocoderRecipe), setting.preset
    check_start("vocoder", setting)
    path = setting.need("vae", "codec")
    vae = load_network(path, "vae", device=setting.device, dtype=torch.float32)
    if vae.config != preset.vae:
        raise InputError(f"--with {path}: its codec is not the one of preset {preset.name}; give that one's.")
    train, held_out = sounds_of(setting, recipe.data)
    vocoder = begun(new_vocoder(preset, recipe.run.seed), "vocoder", setting)
    return VocoderTrainer(recipe, vocoder, vae, train, held_out, setting.accelerator), recipe.run


def new_vocoder(preset: Preset, seed: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        vocoder = KINDS["vocoder"].build(preset.vocoder)
    if isinstance(vocoder, ISTFTVocoder):
        vocoder.start_from_envelope(preset.mel)
    return vocoder


class VocoderTrainer(StateOfParts):
    def __init__(
        self,
        recipe: VocoderRecipe,
        vocoder: nn.Module,
        vae: MelVAE,
        train: Sounds,
        held_out: Sounds,
        accelerator: Accelerator,
    ) -> None:
        self.recipe, self.accelerator, self.device = recipe, accelerator, accelerator.device
        self.vocoder, self.vae = vocoder.to(self.device), vae
        self.crops = SoundCrops(train, recipe.data, recipe.frames, recipe.run.seed)
        self.held_out, self.log_mel = held_out, train.log_mel
        self.positions = micro_batches(recipe.run.batch, recipe.run.accumulate, accelerator)
        self.read = Prefetched(self._batches, recipe.run.steps)
        self.ema = EMA(self.vocoder, recipe.ema_decay)
        self.optimiser = Optimiser(self.vocoder, recipe.optimisation, accelerator)

    def lr(self, step: int) -> float:
        return self.optimiser.lr(step)

    def step(self, step: int) -> Figures:
        pieces: list[Figures] = []
        losses = [partial(self._loss, step, batch, pieces) for batch in self.read(step)]
        norm = self.optimiser.accumulated_step(losses, step)
        self.ema.update(self.vocoder)
        return {**mean_figures(pieces), "gradient": norm}

    def _loss(self, step: int, batch: VocoderBatch, pieces: list[Figures], vocoder: nn.Module) -> Tensor:
        losses, given = self.recipe.losses, self.given(step, batch)
        with autocast(self.recipe.run, self.device):
            wave = learned_wave(vocoder, given)
        spectra = stft_distance(wave, batch.wave, losses.windows)
        mels = (self.log_mel(wave.squeeze(1)) - batch.mel).abs().mean()
        loss = spectra + losses.mel * mels
        pieces.append({"loss": loss.detach(), "stft": spectra.detach(), "mel_l1": mels.detach()})
        return loss

    def given(self, step: int, batch: VocoderBatch) -> Tensor:
        """The mels that the vocoder is given: the first ones of the global batch as the codec decodes
        them."""
        recipe = self.recipe
        decoded = round(recipe.run.batch * recipe.decoded.share) if step >= recipe.decoded.start else 0
        count = sum(position < decoded for position in batch.positions)
        if not count:
            return batch.mel
        first = self._decoded(batch.mel[:count], step, batch.positions[:count])
        return torch.cat([first, batch.mel[count:]])

    @torch.no_grad()
    def validate(self, step: int) -> Figures:
        """Mel and log STFT distance of held-out clips, by class, from true mels and from decoded ones."""
        vocoder, figures = self._averaged(), {}
        for kind, places in validation_places(self.held_out, VALIDATION_CLIPS).items():
            rows = []
            for place in places:
                frames = min(VALIDATION_FRAMES, self.held_out.frames(place.index))
                mel, wave = self.held_out.crops([place], frames, self.device)
                with autocast(self.recipe.run, self.device):
                    decoded = self.vae.decode(self.vae.encode(mel).mean)
                rows.append([f for given in (mel, decoded) for f in self._figures(vocoder, given, wave)])
            names = (f"{what}_{kind}{how}" for how in ("", "_decoded") for what in ("mel_l1", "log_stft"))
            figures |= dict(zip(names, torch.tensor(rows).mean(0), strict=True))
        return figures

    def _figures(self, vocoder: nn.Module, mel: Tensor, true: Tensor) -> tuple[float, float]:
        wave = vocoder(mel)
        mels = self.log_mel(torch.cat([wave, true]).squeeze(1))
        return float((mels[0] - mels[1]).abs().mean()), float(
            log_stft_distance(wave, true, self.recipe.losses.windows)
        )

    def export(self, folder: Path) -> None:
        if self.accelerator.is_main_process:
            save_own(folder / FILE, self.ema.average, "vocoder", self.vocoder.config)

    def _parts(self) -> dict[str, Any]:
        return {"vocoder": self.vocoder, "ema": self.ema, "optimiser": self.optimiser}

    def _averaged(self) -> nn.Module:
        vocoder = KINDS["vocoder"].build(self.vocoder.config, device="meta")
        vocoder.load_state_dict(self.ema.average, assign=True)
        return vocoder.requires_grad_(False).eval()

    def _batches(self, step: int) -> list[VocoderBatch]:
        """This process's pieces of the batch."""
        count = self.recipe.run.batch
        return [VocoderBatch(*self.crops.batch(step, count, self.device, p), p) for p in self.positions]

    @torch.no_grad()
    def _decoded(self, mel: Tensor, step: int, positions: range) -> Tensor:
        """Through the codec's VAE, the latent with the posterior's noise."""
        with autocast(self.recipe.run, self.device):
            posterior = self.vae.encode(mel)
            noise = noise_for(self.recipe.run.seed, step, positions, posterior.mean.shape[1:])
            return self.vae.decode(posterior.sample(noise.to(self.device)))


def learned_wave(vocoder: nn.Module, mel: Tensor) -> Tensor:
    """The small vocoder with all phases as the network has them: in use, most of them are noise."""
    return vocoder(mel, learned=True) if isinstance(vocoder, ISTFTVocoder) else vocoder(mel).float()
