"""Training the codec's VAE on sines: it learns, keeps its norms, freezes, resumes, and its file loads."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from sound_shards import sound_shards
from training_runs import OPTIMISATION, run, same

from kling_foley_core.checkpoints import load_network, recognise
from kling_foley_core.codec import MelVAEConfig
from kling_foley_core.codec.presets import MEL_44K
from kling_foley_core.codec.vae_weights import already_normalised
from kling_foley_core.data.splits import HELD_OUT, TRAIN
from kling_foley_core.errors import InputError
from kling_foley_core.training.loop.processes import new_accelerator
from kling_foley_core.training.loop.train import train
from kling_foley_core.training.losses.discriminator import DiscriminatorConfig
from kling_foley_core.training.parts.codec import CodecLosses, CodecRecipe, CodecTrainer, new_vae
from kling_foley_core.training.parts.codec_stages import Stages
from kling_foley_core.training.parts.sound_batches import Place, SoundData, Sounds

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
    frames=32,
    stages=Stages(stage1_end=1, stage2_end=2, stage3_end=4, kl_upper=1e-3, gan_upper=0.3),
    losses=CodecLosses(kl_margin=0.5, r1=1.0, r1_steps=2),
    discriminator=DiscriminatorConfig(width=2),
    data=SoundData({"world": 0.8, "music": 0.2}, (), (-3.0, 3.0)),
)
ONLY_MSE = replace(
    RECIPE, stages=Stages(998, 999, 1000, 0.0, 0.0), data=replace(RECIPE.data, gain_db=(0.0, 0.0))
)


def sounds_of(folder, split: str) -> Sounds:
    return Sounds(sound_shards(folder, split), MEL_44K, (), None)


def trainer(folder, recipe: CodecRecipe = RECIPE) -> CodecTrainer:
    train, held_out = (sounds_of(folder, split) for split in (TRAIN, HELD_OUT))
    made = CodecTrainer(recipe, new_vae(VAE, recipe.run.seed), train, held_out, new_accelerator(cpu=True))
    made.set_statistics()
    return made


def test_crops_are_even_and_long_enough_for_the_discriminator() -> None:
    for frames in (16, 33):
        with pytest.raises(InputError, match=f"frames = {frames}"):
            replace(RECIPE, frames=frames)


def test_reconstruction_is_learned(tmp_path) -> None:
    made = trainer(tmp_path, ONLY_MSE)
    made.held_out = sounds_of(tmp_path, TRAIN)
    before = float(made.validate(0)["mel_l1_world"])
    for step in range(40):
        made.step(step)
    assert float(made.validate(40)["mel_l1_world"]) < 0.7 * before


def test_the_stages_train_what_they_should(tmp_path) -> None:
    made = trainer(tmp_path)
    assert "hinge" not in made.step(1)
    assert {"hinge", "r1", "adversarial"} <= made.step(2).keys() and "r1" not in made.step(3)
    made.step(4)  # stage 4 begins
    encoder = {n: p.clone() for n, p in made.vae.encoder.state_dict().items()}
    decoder = {n: p.clone() for n, p in made.vae.decoder.state_dict().items()}
    averaged = {n: p.clone() for n, p in made._averaged().encoder.state_dict().items()}
    layer = made.discriminator.layers[0].weight.clone()
    made.step(5), made.step(6)
    assert same(encoder, dict(made.vae.encoder.state_dict())), "the encoder is frozen"
    assert not same(decoder, dict(made.vae.decoder.state_dict()))
    assert not torch.equal(layer, made.discriminator.layers[0].weight)
    for name, tensor in made._averaged().encoder.state_dict().items():
        assert torch.allclose(tensor, averaged[name], atol=1e-6), "cached latents stay valid"


def test_weights_keep_norm_one_and_statistics_are_the_data_s(tmp_path) -> None:
    made = trainer(tmp_path)
    for i in range(6):
        made.step(i)
        assert already_normalised(made.vae.state_dict())
    mels = torch.cat([made.crops.batch(-1 - i, 2, made.device, range(2))[0] for i in range(64)])
    assert torch.allclose(made._normalised(mels).mean((0, 2)), torch.zeros(128), atol=1e-3)
    assert torch.equal(made.ema.average["data_mean"], made.vae.data_mean)


def test_a_batch_in_pieces_is_the_whole_batch(tmp_path) -> None:
    """Gradient accumulation changes nothing but the rounding, before the GAN begins."""
    early = replace(RECIPE, stages=Stages(1, 998, 999, 1e-3, 0.3))
    whole, pieces = (
        trainer(tmp_path, replace(early, run=run(batch=4, accumulate=count))) for count in (1, 2)
    )
    for step in range(3):
        figures = [float(made.step(step)["loss"]) for made in (whole, pieces)]
        assert figures[0] == pytest.approx(figures[1], rel=1e-4)


def test_resumed_is_uninterrupted_over_all_stages(tmp_path) -> None:
    one, begun, two = (trainer(tmp_path) for _ in range(3))
    train("codec", one, RECIPE.run, tmp_path / "one", "r", one.accelerator)
    halves = tmp_path / "two"
    train("codec", begun, replace(RECIPE.run, steps=3), halves, "r", begun.accelerator)
    train("codec", two, RECIPE.run, halves, "r", two.accelerator, resume=True)
    assert same(one.state_dict(), two.state_dict())


def test_the_file_is_recognised(tmp_path) -> None:
    made = trainer(tmp_path)
    train("codec", made, RECIPE.run, tmp_path / "run", "r", made.accelerator)
    file = tmp_path / "run" / "codec.safetensors"
    report = recognise(file)
    assert report.kind == "vae" and report.config == VAE
    vae = load_network(file, "vae")
    mel, _ = sounds_of(tmp_path, TRAIN).crops([Place(0, 0)], 32, torch.device("cpu"))
    assert torch.allclose(vae.encode(mel).mean, made._averaged().encode(mel).mean, atol=1e-5)
