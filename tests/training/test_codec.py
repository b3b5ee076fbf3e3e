"""Training the codec's VAE on sines: it learns, keeps its norms, freezes, resumes, and its file loads."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from training_runs import OPTIMISATION, bank, run, same

from kling_foley_core.checkpoints import load_network, recognise
from kling_foley_core.codec import MelVAEConfig
from kling_foley_core.codec.vae_weights import already_normalised
from kling_foley_core.data.recordings.sounds import SoundData
from kling_foley_core.errors import InputError
from kling_foley_core.training.loop.processes import new_accelerator
from kling_foley_core.training.loop.train import train
from kling_foley_core.training.losses.discriminator import DiscriminatorConfig
from kling_foley_core.training.parts.codec import CodecLosses, CodecRecipe, CodecTrainer, Crop
from kling_foley_core.training.parts.codec_stages import Stages

VAE = MelVAEConfig(
    n_mels=128,
    latent_dim=4,
    width=16,
    multipliers=(1, 1),
    encoder_blocks=1,
    decoder_blocks=1,
    attention=False,
    upsampling="transposed",
)
RECIPE = CodecRecipe(
    run=run(),
    optimisation=replace(OPTIMISATION, lr=1e-2),
    discriminator_optimisation=OPTIMISATION,
    ema_decay=0.5,
    stages=Stages(stage1_end=1, stage2_end=2, stage3_end=4, kl_upper=1e-3, gan_upper=0.3),
    losses=CodecLosses(kl_margin=2.0, r1=1.0, r1_steps=2),
    discriminator=DiscriminatorConfig(width=2),
    crop=Crop(frames=32, gain_db=(-3.0, 3.0)),
    data=SoundData(0, 0, 2.0, 0, 0, 0, {"world": 0.8, "music": 0.2}),
)
ONLY_MSE = replace(RECIPE, stages=Stages(998, 999, 1000, 0.0, 0.0), crop=Crop(32, (0.0, 0.0)))
CPU = torch.device("cpu")


def trainer(folder, recipe: CodecRecipe = RECIPE) -> CodecTrainer:
    return CodecTrainer(recipe, VAE, bank(folder), CPU)


def test_crops_are_even_and_long_enough_for_the_discriminator() -> None:
    for frames in (16, 33):
        with pytest.raises(InputError, match=f"crop.frames = {frames}"):
            Crop(frames, (0.0, 0.0))


def test_reconstruction_is_learned(tmp_path) -> None:
    made = trainer(tmp_path, ONLY_MSE)
    before = float(made.validate(0)["mel_l1_world"])
    losses = [made.step(i)["loss"].item() for i in range(80)]
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])
    assert float(made.validate(80)["mel_l1_world"]) < 0.8 * before


def test_the_stages_train_what_they_should(tmp_path) -> None:
    made = trainer(tmp_path)
    assert "hinge" not in made.step(1)
    figures = made.step(2)
    assert {"hinge", "r1", "adversarial"} <= figures.keys() and "r1" not in made.step(3)
    made.step(4)  # stage 4 begins
    encoder = {n: p.clone() for n, p in made.vae.encoder.state_dict().items()}
    decoder = {n: p.clone() for n, p in made.vae.decoder.state_dict().items()}
    averaged = {n: p.clone() for n, p in made._averaged().encoder.state_dict().items()}
    judge = made.discriminator.layers[0].weight.clone()
    made.step(5), made.step(6)
    assert same(encoder, dict(made.vae.encoder.state_dict())), "the encoder is frozen"
    assert not same(decoder, dict(made.vae.decoder.state_dict()))
    assert not torch.equal(judge, made.discriminator.layers[0].weight)
    for name, tensor in made._averaged().encoder.state_dict().items():
        assert torch.allclose(tensor, averaged[name], atol=1e-6), "cached latents stay valid"


def test_weights_keep_norm_one_and_statistics_are_the_data_s(tmp_path) -> None:
    made = trainer(tmp_path)
    for i in range(6):
        made.step(i)
        assert already_normalised(made.vae.state_dict())
    mels = torch.cat([made._batch(-1 - i) for i in range(64)])
    assert torch.allclose(made._normalised(mels).mean((0, 2)), torch.zeros(128), atol=1e-3)


def test_resumed_is_uninterrupted_over_all_stages(tmp_path) -> None:
    one = trainer(tmp_path)
    train("codec", one, RECIPE.run, tmp_path / "one", "r", new_accelerator(cpu=True))
    halves = tmp_path / "two"
    train("codec", trainer(tmp_path), replace(RECIPE.run, steps=3), halves, "r", new_accelerator(cpu=True))
    two = trainer(tmp_path)
    train("codec", two, RECIPE.run, halves, "r", new_accelerator(cpu=True), resume=True)
    assert same(one.state_dict(), two.state_dict())


def test_the_file_is_recognised(tmp_path) -> None:
    made = trainer(tmp_path)
    train("codec", made, RECIPE.run, tmp_path / "run", "r", new_accelerator(cpu=True))
    file = tmp_path / "run" / "codec.safetensors"
    report = recognise(file)
    assert report.kind == "vae" and report.config == VAE
    vae = load_network(file, "vae")
    mel = bank(tmp_path).entries and bank(tmp_path).mel_of(bank(tmp_path).entries[0])[None]
    assert torch.allclose(vae.encode(mel).mean, made._averaged().encode(mel).mean, atol=1e-5)
