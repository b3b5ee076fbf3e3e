"""A LoRA is W + strength * alpha / rank * B A, whatever tool has named its tensors, and nothing else."""

from __future__ import annotations

import re

import pytest
import torch
from golden_files import golden
from mmdit_golden import config_of
from safetensors.torch import load_file, save_file

from kling_foley_core.errors import InputError
from kling_foley_core.lora import check_lora, merge_lora, read_lora, save_lora
from kling_foley_core.mmdit import MMDiT
from kling_foley_core.presets import PRESETS, SMALL
from kling_foley_core.systems.assembly import untrained

LINEAR, CONV = "joint_blocks.0.latent_block.attn.qkv", "fused_blocks.1.ffn.w1"
RANK, ALPHA = 3, 6.0


def factors(network: MMDiT, layer: str, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    shape, draw = network.get_submodule(layer).weight.shape, torch.Generator().manual_seed(seed)
    down = torch.randn(RANK, *shape[1:], generator=draw)
    return down, torch.randn(shape[0], RANK, *[1] * (len(shape) - 2), generator=draw)


@pytest.fixture
def network() -> MMDiT:
    return untrained(SMALL, "generator")


def written(path, network: MMDiT, seed: int = 0):
    save_lora(path, {n: factors(network, n, seed) for n in (LINEAR, CONV)}, ALPHA, "small")
    return read_lora(path)


def weights(network: MMDiT) -> dict[str, torch.Tensor]:
    return {name: t.clone() for name, t in network.state_dict().items()}


@pytest.mark.parametrize("strength", [1.0, -0.5])
def test_the_product_is_added_and_nothing_else(network, tmp_path, strength) -> None:
    lora, before = written(tmp_path / "a.safetensors", network), weights(network)
    merge_lora(network, lora, strength)
    for name, now in network.state_dict().items():
        layer = name.removesuffix(".weight")
        if layer not in (LINEAR, CONV):
            assert torch.equal(now, before[name]), name
            continue
        down, up = factors(network, layer, 0)
        added = torch.einsum("or,r...->o...", up.flatten(1), down) * strength * ALPHA / RANK
        assert torch.allclose(now, before[name] + added, atol=1e-5)


def test_a_convolution_with_the_product_runs_as_two_convolutions(network, tmp_path) -> None:
    lora = written(tmp_path / "a.safetensors", network)
    layer, x = network.get_submodule(CONV), torch.randn(1, SMALL.generator.hidden_dim, 11)
    down, up = factors(network, CONV, 0)
    conv = torch.nn.functional.conv1d
    expected = layer(x) + ALPHA / RANK * conv(conv(x, down, padding=1), up)
    merge_lora(network, lora, 1.0)
    assert torch.allclose(layer(x), expected, atol=1e-3)


def test_strength_0_changes_no_bit_and_two_are_added(network, tmp_path) -> None:
    one, other = (written(tmp_path / f"{i}.safetensors", network, seed=i) for i in (1, 2))
    before = weights(network)
    merge_lora(network, one, 0.0)
    assert all(torch.equal(t, before[n]) for n, t in network.state_dict().items())
    merge_lora(network, one, 0.7)
    merge_lora(network, other, 0.3)
    pairs = [(lora.pairs[f"diffusion_model.{LINEAR}"], s) for lora, s in ((one, 0.7), (other, 0.3))]
    expected = before[f"{LINEAR}.weight"] + sum(s * p.scale * p.up @ p.down for p, s in pairs)
    assert torch.allclose(network.get_submodule(LINEAR).weight, expected, atol=1e-5)


def test_half_precision_weights_are_added_to_in_float32(network, tmp_path) -> None:
    lora = written(tmp_path / "a.safetensors", network)
    network.to(torch.bfloat16)
    before = weights(network)[f"{LINEAR}.weight"]
    merge_lora(network, lora, 0.01)
    down, up = factors(network, LINEAR, 0)
    now = network.get_submodule(LINEAR).weight
    assert now.dtype == torch.bfloat16
    assert torch.equal(now, (before.float() + 0.01 * ALPHA / RANK * (up @ down)).to(torch.bfloat16))


def test_names_of_other_tools_are_read(network, tmp_path) -> None:
    ours = written(tmp_path / "ours.safetensors", network)
    names = {"lora_A": "lora_down", "lora_B": "lora_up"}
    theirs = {}
    for name, tensor in load_file(ours.path).items():
        for mine, other in names.items():
            name = name.replace(mine, other)
        layer, role = re.fullmatch(r"diffusion_model\.(.*)\.(lora_\w+\.weight|alpha)", name).groups()
        theirs[f"lora_unet_{layer.replace('.', '_')}.{role}"] = tensor
    save_file(theirs, tmp_path / "theirs.safetensors")
    other = untrained(SMALL, "generator")
    merge_lora(network, ours, 1.0)
    merge_lora(other, read_lora(tmp_path / "theirs.safetensors"), 1.0)
    assert all(torch.equal(t, other.state_dict()[n]) for n, t in network.state_dict().items())


@pytest.mark.parametrize("name", ["mmdit_v1", "mmdit_v2"])
def test_mmaudios_shapes_take_one(name, tmp_path) -> None:
    network = MMDiT(config_of(golden(name)))
    lora = written(tmp_path / "a.safetensors", network)
    check_lora(lora, network.config)
    merge_lora(network, lora, 1.0)


def test_another_models_is_refused_in_one_line(network, tmp_path) -> None:
    lora, other = written(tmp_path / "mine.safetensors", network), PRESETS["mmaudio_small_44k"].generator
    with pytest.raises(InputError, match=r"made for small .* mmaudio_small_44k") as e:
        check_lora(lora, other)
    assert "is [1280, 448, 3], and the LoRA's [256, 192, 3]" in str(e.value) and len(e.value.args) == 1
    save_lora(tmp_path / "no.safetensors", {"blocks.7.q": factors(network, LINEAR, 0)}, ALPHA, "")
    with pytest.raises(InputError, match="does not name and does not fit .* it has no layer blocks.7.q"):
        merge_lora(network, read_lora(tmp_path / "no.safetensors"), 1.0)


def spoiled(tensors: dict[str, torch.Tensor], how: str) -> dict[str, torch.Tensor]:
    down, up = (f"diffusion_model.{LINEAR}.lora_{x}.weight" for x in "AB")
    half = {k: v for k, v in tensors.items() if k != up}
    return {
        "empty": {},
        "half": half,
        "network": {"joint_blocks.0.latent_block.linear1.weight": torch.zeros(4, 4)},
        "more": {**tensors, f"diffusion_model.{LINEAR}.dora_scale": torch.ones(4)},
        "twice": {**tensors, f"diffusion_model.{LINEAR}.lora_down.weight": tensors[down].clone()},
        "unfit": {**tensors, down: torch.zeros(RANK + 1, 192)},
        "flat": {**tensors, down: torch.zeros(RANK)},
        "nan": {**tensors, up: tensors[up] * float("nan")},
        "alpha": {**tensors, f"diffusion_model.{LINEAR}.alpha": torch.ones(2)},
        "whole": {**tensors, up: torch.ones(576, RANK, dtype=torch.int32)},
        "rank": {down: torch.zeros(5000, 2), up: torch.zeros(2, 5000)},
    }[how]


@pytest.mark.parametrize(
    "how, said",
    [
        ("empty", "it holds no tensors"),
        ("half", "has no up factor"),
        ("network", "tensors of other kinds, such as joint_blocks.0.latent_block.linear1.weight"),
        ("more", "tensors of other kinds, such as .*dora_scale"),
        ("twice", "two tensors for down"),
        ("unfit", "can't be multiplied"),
        ("flat", "can't be multiplied"),
        ("nan", "values that are no numbers"),
        ("alpha", "values that are no numbers"),
        ("whole", "values that are no numbers"),
        ("rank", "has rank 5000; 1 to 4096"),
    ],
)
def test_what_is_no_whole_lora_is_refused(network, tmp_path, how, said) -> None:
    written(tmp_path / "a.safetensors", network)
    path = tmp_path / "b.safetensors"
    save_file(spoiled(load_file(tmp_path / "a.safetensors"), how), path)
    with pytest.raises(InputError, match=rf"LoRA .*b\.safetensors: .*{said}"):
        read_lora(path)


def test_a_cut_file_is_refused(network, tmp_path) -> None:
    path = written(tmp_path / "a.safetensors", network).path
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="is cut off"):
        read_lora(path)
