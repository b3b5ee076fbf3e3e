"""Trains the vocoder: on true mels first, then also on the codec's, which is what it will hear.

    mel [B, bands, T] -> wave [B, 1, T * hop]

Paper section 4.5: after the codec's last stage the vocoder is fine-tuned on decoded mels, so that errors do
not add up. Losses are our choice: spectra at several window lengths, and the mel of what was made. The
network starts as the mel's own envelope (`ISTFTVocoder.start_from_envelope`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...checkpoints import load_network, save_own
from ...codec import ISTFTVocoder, ISTFTVocoderConfig, LogMel, MelVAE
from ...codec.mel import FLOOR
from ...codec.presets import ISTFT_SMALL, MEL_44K
from ...data.recordings.bank import Crops, SoundBank
from ...data.recordings.clip import HELD_OUT, KINDS, TRAIN
from ...data.recordings.sounds import SoundData, sound_bank
from ...errors import InputError
from ..loop.ema import EMA
from ..loop.parameters_optimiser import Optimiser
from ..loop.seeds import generator_for
from ..loop.train import Figures, autocast
from ..losses.spectral import log_stft_distance, stft_distance
from ..recipe import BatchRun, Optimisation, Run, Source, read_recipe
from ..setting import Setting

FILE = "vocoder.safetensors"
VALIDATION_FRAMES = 256
VALIDATION_CLIPS = 6  # of each kind


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
class WaveCrop:
    frames: int  # of mel, even
    gain_db: tuple[float, float]

    def __post_init__(self) -> None:
        if self.frames % 2 or self.frames < 2:
            raise InputError(f"crop.frames = {self.frames}: give an even number, 2 or more.")


@dataclass(frozen=True)
class VocoderRecipe:
    run: BatchRun
    optimisation: Optimisation
    ema_decay: float
    losses: VocoderLosses
    decoded: Decoded
    crop: WaveCrop
    data: SoundData


def build(source: Source, setting: Setting) -> tuple[VocoderTrainer, Run]:
    """Needs the codec: --with codec.safetensors."""
    recipe = read_recipe(source, VocoderRecipe)
    vae = load_network(setting.need("vae", "codec"), "vae", device=setting.device, dtype=torch.float32)
    bank = sound_bank(setting.cache, recipe.data, MEL_44K, setting.progress)
    return VocoderTrainer(recipe, ISTFT_SMALL, vae, bank, setting.device), recipe.run


class VocoderTrainer:
    def __init__(
        self,
        recipe: VocoderRecipe,
        config: ISTFTVocoderConfig,
        vae: MelVAE,
        bank: SoundBank,
        device: torch.device,
    ) -> None:
        self.recipe, self.vae, self.bank, self.device = recipe, vae, bank, device
        self.log_mel = LogMel(bank.mel)
        self.crops = Crops(bank, TRAIN, recipe.data.shares, recipe.crop.frames)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.run.seed)
            self.vocoder = ISTFTVocoder(config)
        self.vocoder.start_from_envelope(bank.mel)
        self.vocoder.to(device)
        self.ema = EMA(self.vocoder, recipe.ema_decay)
        self.optimiser = Optimiser(self.vocoder.parameters(), recipe.optimisation)

    def lr(self, step: int) -> float:
        return self.optimiser.lr(step)

    def step(self, step: int) -> Figures:
        losses = self.recipe.losses
        mel, heard, target = self._batch(step)
        with autocast(self.recipe.run, self.device):
            wave = self.vocoder(heard, learned=True)
        spectra = stft_distance(wave, target, losses.windows)
        mels = (self.log_mel(wave.squeeze(1)) - mel).abs().mean()
        loss = spectra + losses.mel * mels
        norm = self.optimiser.step(loss, step)
        self.ema.update(self.vocoder)
        return {"loss": loss, "stft": spectra, "mel_l1": mels, "gradient": norm}

    @torch.no_grad()
    def validate(self, step: int) -> Figures:
        """Mel and log STFT distance of held-out clips, by kind, from true mels and from decoded ones."""
        vocoder, figures = self._averaged(), {}
        for kind in KINDS:
            rows = []
            for entry in self.bank.select(HELD_OUT, kind)[:VALIDATION_CLIPS]:
                frames = min(VALIDATION_FRAMES, entry.frames // 2 * 2)
                mel = self.bank.mel_of(entry, 0, frames)[None].to(self.device)
                true = self.bank.wave_of(entry, 0, frames)[None, None].to(self.device)
                heard = (mel, self._decoded(mel))
                rows.append([f for h in heard for f in self._figures(vocoder, h, true)])
            names = (f"{what}_{kind}{how}" for how in ("", "_decoded") for what in ("mel_l1", "log_stft"))
            figures |= dict(zip(names, torch.tensor(rows).mean(0), strict=True)) if rows else {}
        return figures

    def _figures(self, vocoder: ISTFTVocoder, heard: Tensor, true: Tensor) -> tuple[float, float]:
        wave = vocoder(heard)
        mels = self.log_mel(torch.cat([wave, true]).squeeze(1))
        return float((mels[0] - mels[1]).abs().mean()), float(
            log_stft_distance(wave, true, self.recipe.losses.windows)
        )

    def state_dict(self) -> dict[str, Any]:
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def export(self, folder: Path) -> None:
        save_own(folder / FILE, self.ema.average, "vocoder", self.vocoder.config)

    def _parts(self) -> dict[str, Any]:
        return {"vocoder": self.vocoder, "ema": self.ema, "optimiser": self.optimiser}

    def _averaged(self) -> ISTFTVocoder:
        vocoder = ISTFTVocoder(self.vocoder.config, device="meta")
        vocoder.load_state_dict(self.ema.average, assign=True)
        return vocoder.requires_grad_(False).eval()

    def _batch(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """(true mel, the mel that is heard, wave); the first crops of the batch are heard as decoded."""
        recipe = self.recipe
        generator = generator_for(recipe.run.seed, step, "batch")
        mel, wave = self.crops.pairs(recipe.run.batch, generator)
        low, high = recipe.crop.gain_db
        db = low + (high - low) * torch.rand(recipe.run.batch, 1, 1, generator=generator)
        wave = (wave * 10 ** (db / 20)).to(self.device)
        mel = (mel + db * (math.log(10) / 20)).clamp(min=math.log(FLOOR)).to(self.device)
        count = round(recipe.run.batch * recipe.decoded.share) if step >= recipe.decoded.start else 0
        heard = torch.cat([self._decoded(mel[:count], generator), mel[count:]]) if count else mel
        return mel, heard, wave

    @torch.no_grad()
    def _decoded(self, mel: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Through the codec's VAE; with a generator the latent has the posterior's noise."""
        with autocast(self.recipe.run, self.device):
            posterior = self.vae.encode(mel)
            z = posterior.mean
            if generator is not None:
                z = posterior.sample(torch.randn(z.shape, generator=generator).to(self.device))
            return self.vae.decode(z)
