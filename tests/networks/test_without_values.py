"""On the meta device nothing is initialised, and nothing else changes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from kling_foley_core.checkpoints.kinds import KINDS
from kling_foley_core.networks.without_values import WithoutValues
from kling_foley_core.presets import PRESETS, SMALL

MMAUDIO = PRESETS["mmaudio_small_16k"]


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("mmdit", SMALL.generator),
        ("clip_visual", MMAUDIO.visual),
        ("clip_text", MMAUDIO.text),
        ("t5", SMALL.text),
        ("synchformer", MMAUDIO.sync),
        ("vae", MMAUDIO.vae),
        ("vocoder", MMAUDIO.vocoder),
    ],
)
def test_names_shapes_and_types_are_those_of_the_plain_build(kind, config) -> None:
    plain = KINDS[kind].build(config, device="meta").state_dict()
    ours = KINDS[kind].without_values(config).state_dict()
    assert [(n, t.shape, t.dtype) for n, t in ours.items()] == [
        (n, t.shape, t.dtype) for n, t in plain.items()
    ]
    assert all(t.is_meta for t in ours.values())


def test_what_is_not_on_the_meta_device_gets_its_values() -> None:
    with WithoutValues():
        assert nn.init.ones_(torch.empty(3)).tolist() == [1, 1, 1]
        assert torch.zeros(2).fill_(5).tolist() == [5, 5]
