"""Sounds that the averaged network makes of held-out samples' conditions, with pictures, at every validation.

DIR/samples/STEP/N.flac, N.jpg, N.txt   the sound, its picture, the caption
DIR/samples/true/                       the same of the samples' own latents
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ...checkpoints import load_network
from ...codec import FoleyCodec, LogMel
from ...files.whole_file import made_folder, whole_file
from ...flow import euler, guided, noise, time_grid
from ...media.audio import save_audio
from ...mmdit import MMDiT
from ...presets import usual_guidance
from ...preview.picture import picture
from ..setting import Setting
from .generator_batches import Batch, Crops, Missing
from .generator_conditions import features_of

if TYPE_CHECKING:
    from .generator import GeneratorTrainer

COUNT = 3
STEPS = 20
QUALITY = 85  # of the pictures


class SoundSamples:
    def __init__(self, codec: FoleyCodec, held_out: Crops, seconds: float, folder: Path) -> None:
        """The first samples that are `seconds` long."""
        entries = held_out.shards.entries
        self.indices = [i for i, e in enumerate(entries) if e.seconds >= seconds][:COUNT]
        self.codec, self.held_out, self.seconds, self.folder = codec, held_out, seconds, folder

    def write(self, trainer: GeneratorTrainer, step: int) -> None:
        """Every process must call it; the main one writes."""
        if not self.indices:
            return
        batch = self.held_out.batch(self.indices, self.seconds).to(trainer.device)
        made = trainer.parallel.evaluate(lambda networks: sampled(networks["net"], batch))
        if trainer.accelerator.is_main_process:
            self._write(made, self.folder / f"{step:08d}")
            if not (self.folder / "true").exists():
                self._write(batch.latent[:, 0], self.folder / "true")

    @torch.no_grad()
    def _write(self, latents: Tensor, folder: Path) -> None:
        made_folder(folder, "the folder of samples")
        for index, latent in zip(self.indices, latents, strict=True):
            (wave,) = self.codec.decode(latent.T[None].float()).cpu()
            name, rate = folder / str(index), self.codec.sampling_rate
            save_audio(name.with_suffix(".flac"), wave, rate)
            with whole_file(name.with_suffix(".jpg")) as draft:
                picture(wave, rate).save(draft, quality=QUALITY)
            caption = self.held_out.shards.read(index, []).caption
            name.with_suffix(".txt").write_text(f"{caption}\n", encoding="utf-8")


def sampled(net: MMDiT, batch: Batch) -> Tensor:
    """Latents [B, L, C] of the batch's conditions, with the guidance that suits the network."""
    count, _, length, width = batch.latent.shape
    nothing = Missing(*(torch.ones_like(flags) for flags in batch.missing))
    positive, negative = (
        net.condition(features_of(net, batch, missing), length) for missing in (batch.missing, nothing)
    )
    velocity = guided(net, positive, negative, usual_guidance(net.config))
    x = noise(0, count, width, length).to(batch.latent.device)
    return net.unnormalize(euler(velocity, x, time_grid(STEPS, x.device)))


def sound_samples(setting: Setting, held_out: Crops, seconds: float) -> SoundSamples | None:
    """None without a codec among --with."""
    if not {"vae", "vocoder"} <= setting.given.keys():
        return None
    vae, vocoder = (
        load_network(setting.given[kind], kind, device=setting.device, dtype=torch.float32)
        for kind in ("vae", "vocoder")
    )
    codec = FoleyCodec(LogMel(setting.preset.mel), vae, vocoder)
    return SoundSamples(codec, held_out, seconds, setting.out / "samples")
