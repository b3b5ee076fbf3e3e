"""The stereo renderer's training: the loss by hand, a constant pan learned, the recipe."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch
from training_tiny import WORLDS, optimisation, run

from kling_foley_core.assembly import untrained
from kling_foley_core.checkpoints import load_network
from kling_foley_core.presets import SMALL
from kling_foley_core.training.parts.stereo import (
    FAINTEST,
    FILE,
    MEL_PER_FRAME,
    StereoRecipe,
    StereoTrainer,
    magnitude_weight,
    stereo_loss,
)
from kling_foley_core.training.recipe import read_recipe, recipe_source

PAN = 1.0  # the left is so much louder, as the logarithm of the ratio


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


def panned_trainer(unseen: float) -> StereoTrainer:
    """Scenes of noise whose left is louder where the picture's vector says so."""
    draw = torch.Generator().manual_seed(0)
    count = int(100 * MEL_PER_FRAME)
    mono = torch.randn(4, SMALL.mel.n_mels, count, generator=draw) - 3
    sides = torch.tensor([PAN, -PAN, PAN, -PAN])
    mels = torch.stack([mono + sides[:, None, None] / 2, mono - sides[:, None, None] / 2, mono], dim=1)
    sync = torch.randn(4, 100, SMALL.sync.dim, generator=draw)
    sync[..., :16] += 2 * sides[:, None, None]

    class Cached(SimpleNamespace):
        def __len__(self) -> int:
            return 4

    worlds = Cached(
        part=lambda i, name, start, stop: mels[i][..., start:stop], mel_frames=lambda i: mels[i].shape[-1]
    )
    recipe = StereoRecipe(
        frames=48,
        unseen=unseen,
        ema_decay=0.9,
        run=run(batch=4),
        worlds=WORLDS,
        held_out=2,
        optimisation=optimisation(2e-3),
    )
    entries = [{"sync": s.half()} for s in sync]
    return StereoTrainer(recipe, worlds, entries, torch.device("cpu"), untrained(SMALL, "stereo"))


def test_a_pan_that_the_picture_tells_is_learned(tmp_path) -> None:
    trainer = panned_trainer(unseen=0.0)
    for i in range(40):
        trainer.step(i)
    figures = {name: float(value) for name, value in trainer.validate(40).items()}
    assert figures["loss"] < 0.3 * figures["middle"] < figures["other video"]
    trainer.export(tmp_path)
    assert load_network(tmp_path / FILE, "stereo").config == SMALL.stereo


def test_batches_without_the_picture_teach_nothing_about_sides() -> None:
    """All batches unseen: the sync tokens stay unread, so the sound stays in the middle."""
    trainer = panned_trainer(unseen=1.0)
    for i in range(40):
        trainer.step(i)
    figures = {name: float(value) for name, value in trainer.validate(40).items()}
    assert figures["loss"] == pytest.approx(figures["middle"], rel=0.05)
    assert figures["unseen"] == pytest.approx(figures["middle"], rel=0.05)


def test_the_small_recipe_reads() -> None:
    assert read_recipe(recipe_source(None, "stereo"), StereoRecipe).frames > 0
