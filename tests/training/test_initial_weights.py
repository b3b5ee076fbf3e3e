"""--start: a training begins with given weights, or says why it can't."""

from __future__ import annotations

import importlib
from dataclasses import replace

import pytest
import torch
from training_shards import setting as setting_in

from kling_foley_core.checkpoints import save_own
from kling_foley_core.errors import InputError
from kling_foley_core.presets import SMALL
from kling_foley_core.stereo import StereoRenderer
from kling_foley_core.systems.assembly import untrained
from kling_foley_core.training.initial_weights import begun
from kling_foley_core.training.recipe import recipe_source
from kling_foley_core.training.setting import Setting


def setting(tmp_path, **start) -> Setting:
    return setting_in(tmp_path, start=start)


@pytest.fixture
def trained(tmp_path):
    """A renderer's file whose weights are not the untrained ones."""
    net = untrained(SMALL, "stereo")
    torch.nn.init.constant_(net.head.bias, 0.25)
    save_own(tmp_path / "stereo.safetensors", net.state_dict(), "stereo", net.config)
    return tmp_path / "stereo.safetensors"


def test_it_begins_with_the_files_weights_and_can_learn(tmp_path, trained) -> None:
    net = begun(untrained(SMALL, "stereo"), "stereo", setting(tmp_path, stereo=trained))
    assert bool((net.head.bias == 0.25).all())
    assert all(p.requires_grad for p in net.parameters())


@pytest.mark.parametrize(
    ("part", "held"), [("codec", "stereo"), ("vocoder", "vae"), ("encoders", "stereo"), ("stereo", "vae")]
)
def test_files_of_other_kinds_are_named_before_the_data_is_read(tmp_path, trained, part, held) -> None:
    place = setting(tmp_path, **{held: trained})
    module = importlib.import_module(f"kling_foley_core.training.parts.{part}")
    with pytest.raises(InputError, match=f"--start: the files hold {held}"):
        module.build(recipe_source(None, part), place)


def test_without_a_file_nothing_changes(tmp_path) -> None:
    net = begun(untrained(SMALL, "stereo"), "stereo", setting(tmp_path))
    assert bool((net.head.bias == 0).all())


def test_a_file_of_another_kind_or_size_is_refused(tmp_path, trained) -> None:
    with pytest.raises(InputError, match="files hold vae, but this part trains a stereo"):
        begun(untrained(SMALL, "stereo"), "stereo", setting(tmp_path, vae=trained))
    other = StereoRenderer(replace(SMALL.stereo, hidden=SMALL.stereo.hidden // 2))
    with pytest.raises(InputError, match="stereo has other sizes"):
        begun(other, "stereo", setting(tmp_path, stereo=trained))
