"""peft's additions on every kind of MM-DiT: nothing at first, small, and the file says what they compute."""

from __future__ import annotations

import pytest
import torch
from golden_files import golden
from mmdit_golden import config_of
from torch import nn

from kling_foley_core.errors import InputError
from kling_foley_core.lora import merge_lora, read_lora, save_lora
from kling_foley_core.mmdit import Features, MMDiT, MMDiTConfig
from kling_foley_core.presets import PRESETS, SMALL
from kling_foley_core.training.lora.adapters import GROUPS, LoRAConfig, attach, attached, layers_of

ALL = LoRAConfig(rank=4, alpha=8.0, groups=tuple(GROUPS))


def tiny(name: str) -> MMDiTConfig:
    return SMALL.generator if name == "small" else config_of(golden(name))


def network(config: MMDiTConfig) -> MMDiT:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return MMDiT(config)


@torch.no_grad()
def velocity(net: MMDiT) -> torch.Tensor:
    c, draw = net.config, torch.Generator().manual_seed(1)
    visual, sync, text = (
        torch.randn(1, n, d, generator=draw)
        for n, d in ((4, c.visual_dim), (8, c.sync_dim), (c.text_len, c.text_dim))
    )
    x, features = torch.randn(1, 20, c.latent_dim, generator=draw), Features.of(0.5, visual=visual, sync=sync)
    return net(x, torch.tensor([0.3]), features.with_text(text))


@pytest.mark.parametrize("name", ["small", "mmdit_v1", "mmdit_v2"])
def test_what_is_trained_is_what_the_file_adds(name, tmp_path) -> None:
    net, plain = network(tiny(name)), network(tiny(name))
    trained, before = attach(net, ALL, seed=0), velocity(plain)
    assert torch.equal(velocity(net), before), "it begins as it was"
    with torch.no_grad():
        for parameter in trained:
            parameter += 0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(3))
    save_lora(tmp_path / "lora.safetensors", attached(net), ALL.alpha, name)
    merge_lora(plain, read_lora(tmp_path / "lora.safetensors"), 1.0)
    after = velocity(net)
    assert (after - before).abs().max() > 0.01 * before.std()
    assert (velocity(plain) - after).abs().max() <= 1e-4 * after.std()


@pytest.mark.parametrize("name", ["small", "mmaudio_small_44k", "kling_foley_1.5b"])
def test_every_layer_belongs_to_one_group(name) -> None:
    net = MMDiT(PRESETS[name].generator, device="meta")
    by_group = {group: layers_of(net, (group,)) for group in GROUPS}
    assert all(by_group.values())
    together = [layer for layers in by_group.values() for layer in layers]
    layers = [n for n, layer in net.named_modules() if isinstance(layer, nn.Linear | nn.Conv1d)]
    assert sorted(together) == sorted(layers)
    assert len(by_group["attention"]) == sum(n.endswith(("qkv", "linear1")) for n in layers)


def test_only_the_additions_are_trained_and_in_float32() -> None:
    net = network(SMALL.generator).to(torch.bfloat16)
    trained = attach(net, LoRAConfig(rank=2, alpha=2.0, groups=("attention",)), seed=0)
    names = {name for name, p in net.named_parameters() if p.requires_grad}
    assert len(trained) == len(names) == 2 * len(layers_of(network(SMALL.generator), ("attention",)))
    assert all("lora_" in name for name in names) and {p.dtype for p in trained} == {torch.float32}
    assert net.joint_blocks[0].latent_block.ffn.w1.weight.dtype == torch.bfloat16


def test_the_same_seed_draws_the_same() -> None:
    nets = [network(SMALL.generator) for _ in range(3)]
    drawn = [attach(net, ALL, seed)[0] for net, seed in zip(nets, (1, 1, 2), strict=True)]
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize(
    "change, said",
    [
        ({"rank": 0}, "lora.rank = 0"),
        ({"alpha": 0.0}, "lora.alpha = 0.0"),
        ({"groups": ("heads",)}, "'heads' is none"),
        ({"groups": ()}, "there is none"),
    ],
)
def test_bad_settings_are_named(change, said) -> None:
    with pytest.raises(InputError, match=said):
        LoRAConfig(**{"rank": 4, "alpha": 4.0, "groups": ("mlp",)} | change)
