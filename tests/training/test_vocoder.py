"""Training the vocoder on sines: it learns, hears decoded mels in time, resumes, and its file loads."""

from __future__ import annotations

from dataclasses import replace

import torch
from training_runs import OPTIMISATION, bank, run, same

from kling_foley_core.checkpoints import load_network, recognise
from kling_foley_core.codec import ISTFTVocoderConfig, MelVAE, MelVAEConfig
from kling_foley_core.data.recordings.sounds import SoundData
from kling_foley_core.training.loop.processes import new_accelerator
from kling_foley_core.training.loop.train import train
from kling_foley_core.training.parts.vocoder import (
    Decoded,
    VocoderLosses,
    VocoderRecipe,
    VocoderTrainer,
    WaveCrop,
)

CONFIG = ISTFTVocoderConfig(n_mels=128, n_fft=2048, hop=512, width=16, inner=32, layers=1, kernel=3)
VAE = MelVAEConfig(128, 4, 16, (1, 1), 1, 1, False, "transposed")
RECIPE = VocoderRecipe(
    run=run(),
    optimisation=replace(OPTIMISATION, lr=3e-3, warmup=0.0),
    ema_decay=0.5,
    losses=VocoderLosses(windows=(1024, 256), mel=0.5),
    decoded=Decoded(start=3, share=0.5),
    crop=WaveCrop(frames=16, gain_db=(-6.0, 0.0)),
    data=SoundData(0, 0, 2.0, 0, 0, 0, {"world": 1.0}),
)


def trainer(folder, recipe: VocoderRecipe = RECIPE) -> VocoderTrainer:
    torch.manual_seed(0)
    vae = MelVAE(VAE).requires_grad_(False)
    return VocoderTrainer(recipe, CONFIG, vae, bank(folder), torch.device("cpu"))


def test_it_starts_as_the_envelope_and_learns(tmp_path) -> None:
    made = trainer(tmp_path, replace(RECIPE, decoded=Decoded(start=999, share=0.5)))
    losses = [made.step(i)["loss"].item() for i in range(40)]
    assert losses[0] < 6, "an untrained network with random magnitudes is far worse"
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


def test_decoded_mels_come_when_the_recipe_says(tmp_path) -> None:
    made = trainer(tmp_path)
    mel, heard, wave = made._batch(2)
    assert torch.equal(mel, heard) and wave.shape == (2, 1, 16 * 512)
    mel, heard, _ = made._batch(3)
    assert not torch.equal(mel[0], heard[0]) and torch.equal(mel[1], heard[1])
    assert torch.equal(heard, made._batch(3)[1]), "a step's batch is a function of the step"


def test_gain_moves_wave_and_mel_together(tmp_path) -> None:
    made = trainer(tmp_path, replace(RECIPE, crop=WaveCrop(16, (-6.0, -6.0))))
    loud = trainer(tmp_path, replace(RECIPE, crop=WaveCrop(16, (0.0, 0.0))))
    (mel, _, wave), (loud_mel, _, loud_wave) = made._batch(0), loud._batch(0)
    assert torch.allclose(wave, loud_wave * 10**-0.3)
    above = mel > -11
    assert torch.allclose((loud_mel - mel)[above], torch.tensor(0.6908), atol=1e-3)


def test_resumed_is_uninterrupted_and_the_file_loads(tmp_path) -> None:
    one = trainer(tmp_path)
    train("vocoder", one, RECIPE.run, tmp_path / "one", "r", new_accelerator(cpu=True))
    halves = tmp_path / "two"
    train("vocoder", trainer(tmp_path), replace(RECIPE.run, steps=3), halves, "r", new_accelerator(cpu=True))
    two = trainer(tmp_path)
    train("vocoder", two, RECIPE.run, halves, "r", new_accelerator(cpu=True), resume=True)
    assert same(one.state_dict(), two.state_dict())
    file = tmp_path / "one" / "vocoder.safetensors"
    assert recognise(file).kind == "vocoder" and recognise(file).config == CONFIG
    loaded = load_network(file, "vocoder").state_dict()
    assert same(dict(loaded), dict(one.ema.average))
    figures = one.validate(6)
    assert {"mel_l1_world", "log_stft_world", "mel_l1_world_decoded"} <= figures.keys()
