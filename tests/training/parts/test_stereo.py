"""The stereo renderer's training: the loss by hand, a constant pan learned, mono refused."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from sound_shards import panned, sine, sound_sample, write
from training_runs import OPTIMISATION, run, same

from kling_foley_core.checkpoints import load_network
from kling_foley_core.data.shards import Shards
from kling_foley_core.data.splits import HELD_OUT, TRAIN
from kling_foley_core.errors import InputError
from kling_foley_core.presets import PRESETS, SMALL
from kling_foley_core.systems.assembly import untrained
from kling_foley_core.training.loop.processes import new_accelerator
from kling_foley_core.training.loop.train import train
from kling_foley_core.training.parts.stereo import (
    FAINTEST,
    FILE,
    StereoRecipe,
    StereoTrainer,
    magnitude_weight,
    stereo_loss,
)
from kling_foley_core.training.parts.stereo_batches import StereoSamples, sync_crop

PAN = 1.0  # the left is so much louder, as the logarithm of the ratio
RECIPE = StereoRecipe(
    seconds=1.92,
    without_sync=0.0,
    ema_decay=0.9,
    run=run(batch=4),
    optimisation=replace(OPTIMISATION, lr=2e-3, lr_final=1e-3, inv_gamma=1e6),
)


def test_the_loss_is_zero_at_the_true_ratios_and_known_in_the_middle() -> None:
    mels = torch.full((1, 3, 4, 6), -2.0)
    mels[:, 0] += PAN
    left = 2 / (1 + math.exp(-PAN))
    gains = torch.stack([torch.full((1, 4, 6), left), torch.full((1, 4, 6), 2 - left)], dim=1)
    assert float(stereo_loss(gains, mels)) == pytest.approx(0, abs=1e-5)
    middle = abs(math.log(left)) + abs(math.log(2 - left))
    assert float(stereo_loss(torch.ones_like(gains), mels)) == pytest.approx(middle, rel=1e-4)


def test_inaudible_channels_and_silent_bands_do_not_count() -> None:
    mels = torch.full((1, 3, 1, 2), -2.0)
    mels[:, 1] = -11.5  # all of it on the left
    gains = torch.tensor([2 - FAINTEST / 2, FAINTEST / 2]).view(1, 2, 1, 1).expand(1, 2, 1, 2)
    assert float(stereo_loss(gains, mels)) < 0.02
    assert magnitude_weight(torch.tensor([math.log(1e-5)])).item() == pytest.approx(0, abs=1e-6)


def trainer(folder, recipe: StereoRecipe = RECIPE) -> StereoTrainer:
    """Noise whose left is louder where the sync vectors say so."""
    shards = write(folder / "panned", panned(PAN))
    train, held_out = (StereoSamples(Shards(shards, s), SMALL, recipe.seconds) for s in (TRAIN, HELD_OUT))
    return StereoTrainer(recipe, untrained(SMALL, "stereo"), train, held_out, new_accelerator(cpu=True))


def test_a_pan_that_the_picture_tells_is_learned(tmp_path) -> None:
    made = trainer(tmp_path)
    for i in range(30):
        made.step(i)
    figures = {name: float(value) for name, value in made.validate(30).items()}
    assert figures["loss"] < 0.4 * figures["middle"] < figures["other video"]
    made.export(tmp_path)
    assert load_network(tmp_path / FILE, "stereo").config == SMALL.stereo


def test_batches_without_the_picture_teach_nothing_about_sides(tmp_path) -> None:
    """No batch has sync tokens: they stay unread, so the sound stays in the middle."""
    made = trainer(tmp_path, replace(RECIPE, without_sync=1.0))
    for i in range(15):
        made.step(i)
    figures = {name: float(value) for name, value in made.validate(15).items()}
    assert figures["loss"] == pytest.approx(figures["middle"], rel=0.05)
    assert figures["no video"] == pytest.approx(figures["middle"], rel=0.05)


def test_pieces_of_a_batch_make_the_whole(tmp_path) -> None:
    whole, pieces = (trainer(tmp_path, replace(RECIPE, run=run(batch=4, accumulate=n))) for n in (1, 2))
    for step in range(2):
        figures = [float(made.step(step)["loss"]) for made in (whole, pieces)]
        assert figures[0] == pytest.approx(figures[1], rel=1e-4)


def test_resumed_is_uninterrupted(tmp_path) -> None:
    one, begun, two = (trainer(tmp_path) for _ in range(3))
    short = run(batch=4, steps=4, checkpoint_steps=2)
    train("stereo", one, short, tmp_path / "one", "r", one.accelerator)
    train("stereo", begun, replace(short, steps=2), tmp_path / "two", "r", begun.accelerator)
    train("stereo", two, short, tmp_path / "two", "r", two.accelerator, resume=True)
    assert same(one.state_dict(), two.state_dict())


def test_mono_is_refused_and_counted(tmp_path) -> None:
    samples = panned(PAN, 2)
    sync = np.zeros((100, 128), "<f2")
    samples += [sound_sample(f"mono {i}", "world", TRAIN, sine(220, 4.0), sync=sync) for i in range(2)]
    shards = Shards(write(tmp_path, samples), TRAIN)
    with pytest.raises(
        InputError, match=r"2 of 4 samples are mono where stereo is needed \(the first: mono 0\)"
    ):
        StereoSamples(shards, SMALL, 2.0)


def test_tokens_of_another_encoder_are_refused(tmp_path) -> None:
    shards = Shards(write(tmp_path, panned(PAN, 2)), TRAIN)
    with pytest.raises(
        InputError, match="128 values, the stereo renderer of preset kling_foley_1.5b takes 768"
    ):
        StereoSamples(shards, PRESETS["kling_foley_1.5b"], 2.0)


def test_tokens_of_segments_are_cut_where_segments_begin() -> None:
    """Synchformer's: 8 tokens for each 16 frames, every 8 frames."""
    tokens = torch.arange(24 * 8.0).view(-1, 1)
    crop = sync_crop(tokens, 16, 48, every_frame=False)
    assert torch.equal(crop, tokens[2 * 8 : 2 * 8 + 5 * 8])
