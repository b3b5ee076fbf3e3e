"""Training the vocoder on tones: it learns, is given decoded mels in time, resumes, and its file loads."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from sound_shards import sound_shards
from training_runs import OPTIMISATION, run, same

from kling_foley_core.checkpoints import load_network, recognise
from kling_foley_core.codec import BigVGANConfig, ISTFTVocoderConfig, MelVAE, MelVAEConfig
from kling_foley_core.codec.presets import MEL_44K
from kling_foley_core.data.splits import HELD_OUT, TRAIN
from kling_foley_core.presets import SMALL
from kling_foley_core.training.loop.processes import new_accelerator
from kling_foley_core.training.loop.train import train
from kling_foley_core.training.parts.sound_batches import SoundData, Sounds
from kling_foley_core.training.parts.vocoder import (
    Decoded,
    VocoderLosses,
    VocoderRecipe,
    VocoderTrainer,
    new_vocoder,
)

CONFIG = ISTFTVocoderConfig(n_mels=128, n_fft=2048, hop=512, width=16, inner=32, layers=1, kernel=3)
BIGVGAN = BigVGANConfig(
    n_mels=128,
    width=32,
    upsample_rates=(16, 8, 4),
    upsample_kernels=(32, 16, 8),
    residual_kernels=(3,),
    dilations=(1,),
    final_bias=False,
    final="clamp",
)
VAE = MelVAEConfig(128, 4, 16, (1, 1), 1, 1, False, "transposed")
RECIPE = VocoderRecipe(
    run=run(),
    optimisation=replace(OPTIMISATION, lr=3e-3, warmup=0.0),
    ema_decay=0.5,
    frames=16,
    losses=VocoderLosses(windows=(1024, 256), mel=0.5),
    decoded=Decoded(start=3, share=0.5),
    data=SoundData({"world": 1.0}, (), (-6.0, 0.0)),
)
NEVER = replace(RECIPE, decoded=Decoded(start=999, share=0.5))


def trainer(folder, recipe: VocoderRecipe = RECIPE, config: object = CONFIG) -> VocoderTrainer:
    torch.manual_seed(0)
    vae = MelVAE(VAE).requires_grad_(False)
    train, held_out = (Sounds(sound_shards(folder, s), MEL_44K, (), None) for s in (TRAIN, HELD_OUT))
    vocoder = new_vocoder(replace(SMALL, vocoder=config), recipe.run.seed)
    return VocoderTrainer(recipe, vocoder, vae, train, held_out, new_accelerator(cpu=True))


@pytest.mark.parametrize(("config", "share"), [(CONFIG, 0.9), (BIGVGAN, 0.9)])
def test_it_learns(tmp_path, config, share) -> None:
    made = trainer(tmp_path, NEVER, config)
    losses = [float(made.step(i)["loss"]) for i in range(30)]
    assert sum(losses[-5:]) < share * sum(losses[:5])


def test_the_small_one_starts_as_the_envelope(tmp_path) -> None:
    """An untrained network with random magnitudes is far worse."""
    assert float(trainer(tmp_path, NEVER).step(0)["loss"]) < 6


def test_decoded_mels_come_when_the_recipe_says(tmp_path) -> None:
    made = trainer(tmp_path)
    (batch,) = made.read(2)
    assert torch.equal(made.given(2, batch), batch.mel) and batch.wave.shape == (2, 1, 16 * 512)
    (batch,) = made.read(3)
    given = made.given(3, batch)
    assert not torch.equal(given[0], batch.mel[0]) and torch.equal(given[1], batch.mel[1])
    assert torch.equal(given, made.given(3, batch)), "noise is a function of step and position"


def test_resumed_is_uninterrupted_and_the_file_loads(tmp_path) -> None:
    one, begun, two = (trainer(tmp_path) for _ in range(3))
    train("vocoder", one, RECIPE.run, tmp_path / "one", "r", one.accelerator)
    halves = tmp_path / "two"
    train("vocoder", begun, replace(RECIPE.run, steps=3), halves, "r", begun.accelerator)
    train("vocoder", two, RECIPE.run, halves, "r", two.accelerator, resume=True)
    assert same(one.state_dict(), two.state_dict())
    file = tmp_path / "one" / "vocoder.safetensors"
    assert recognise(file).kind == "vocoder" and recognise(file).config == CONFIG
    assert same(dict(load_network(file, "vocoder").state_dict()), dict(one.ema.average))
    assert {"mel_l1_world", "log_stft_world", "mel_l1_world_decoded"} <= one.validate(6).keys()
