"""What every network promises: meta construction, casts that spare buffers, a host's layers, batches,
presets."""

from __future__ import annotations

import pytest
import torch
from codec_networks import NETWORKS, run, seeded, storing_host
from torch import nn

from kling_foley_core.codec import presets
from kling_foley_core.codec.bigvgan import BigVGAN, BigVGANConfig
from kling_foley_core.codec.istft_vocoder import ISTFTVocoder, ISTFTVocoderConfig
from kling_foley_core.codec.vae import MelVAE, MelVAEConfig
from kling_foley_core.stereo import StereoConfig, StereoRenderer
from kling_foley_core.stereo import presets as stereo_presets

KINDS = {
    MelVAEConfig: MelVAE,
    BigVGANConfig: BigVGAN,
    ISTFTVocoderConfig: ISTFTVocoder,
    StereoConfig: StereoRenderer,
}
each_network = pytest.mark.parametrize("name", NETWORKS)


def build(name: str) -> tuple[nn.Module, torch.Tensor]:
    kind, config, shape = NETWORKS[name]
    return seeded(kind, config), torch.randn(shape, generator=torch.Generator().manual_seed(3)) - 5


@each_network
@torch.inference_mode()
def test_built_on_meta_and_loaded_strictly_it_gives_the_same(name: str) -> None:
    net, x = build(name)
    kind, config, _ = NETWORKS[name]
    loaded = kind(config, device="meta", dtype=torch.float32)
    assert all(t.is_meta for t in [*loaded.parameters(), *loaded.buffers()])
    loaded.load_state_dict(net.state_dict(), strict=True, assign=True)
    assert torch.equal(run(loaded, x), run(net, x))


@each_network
@torch.inference_mode()
def test_a_cast_to_bfloat16_spares_buffers_and_changes_little(name: str) -> None:
    net, x = build(name)
    expected = run(net, x)
    buffers = {n: b.clone() for n, b in net.named_buffers()}
    net.to(torch.bfloat16)
    assert all(p.dtype == torch.bfloat16 for p in net.parameters())
    assert all(b.dtype == torch.float32 and torch.equal(b, buffers[n]) for n, b in net.named_buffers())
    result = run(net, x.bfloat16()).float()
    assert (result - expected).square().mean().sqrt() < 0.1 * expected.std()


def test_buffers_follow_to_another_device() -> None:
    for kind, config, _ in NETWORKS.values():
        assert all(b.is_meta for b in kind(config).to("meta", torch.bfloat16).buffers())


@each_network
@torch.inference_mode()
def test_a_hosts_layers_hold_every_weight_and_compute_in_the_inputs_type(name: str) -> None:
    kind, config, _ = NETWORKS[name]
    net, x = build(name)
    rounded = {k: v.bfloat16().float() for k, v in net.state_dict().items()}
    net.load_state_dict(rounded)
    hosted = kind(config, operations=storing_host())
    hosted.load_state_dict(rounded)
    torch.testing.assert_close(run(hosted, x), run(net, x), atol=2e-5, rtol=1e-5)
    outside = {
        n.rpartition(".")[2]
        for layer, m in hosted.named_modules()
        for n, _ in m.named_parameters(prefix=layer, recurse=False)
        if not getattr(m, "hosted", False)
    }
    assert outside <= {
        "learnable_gain",
        "alpha",
        "beta",
    }  # the public checkpoints' only parameters outside of layers


@each_network
@torch.inference_mode()
def test_a_batch_equals_its_items(name: str) -> None:
    net, x = build(name)
    if isinstance(net, StereoRenderer):
        sync = torch.linspace(-1, 1, 2 * 5 * 6).view(2, 5, 6)
        singles = torch.cat([net.gains(x[i : i + 1], sync[i : i + 1]) for i in range(2)])
    else:
        singles = torch.cat([run(net, x[i : i + 1]) for i in range(2)])
    torch.testing.assert_close(run(net, x), singles, atol=1e-5, rtol=1e-5)


def test_the_attention_given_is_used() -> None:
    kind, config, _ = NETWORKS["vae"]
    shapes = []

    def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        shapes.append(tuple(q.shape))
        return v

    run(kind(config, attention=attention), torch.zeros(2, 20, 12))
    assert shapes == [(2, 1, 6, 32)] * 2


TABLE = [
    *((presets, n, v) for n, v in presets.VALUES.items()),
    *((stereo_presets, n, v) for n, v in stereo_presets.VALUES.items()),
]


@pytest.mark.parametrize("module, name, values", TABLE, ids=[row[1] for row in TABLE])
def test_presets_hold_as_many_values_as_the_table_says(module: object, name: str, values: int) -> None:
    config = getattr(module, name)
    net = KINDS[type(config)](config, device="meta")
    assert sum(t.numel() for t in net.state_dict().values()) == values


def test_every_preset_is_in_the_table() -> None:
    for module in (presets, stereo_presets):
        shapes = {n for n, v in vars(module).items() if type(v) in KINDS}
        assert shapes == set(module.VALUES)
