"""BigVGAN: golden vectors, weight-norm folding, receptive field and vocoding in chunks."""

from __future__ import annotations

import pytest
import torch
from codec_networks import BIGVGAN, ISTFT, seeded
from golden_files import Golden, golden
from torch import nn

from kling_foley_core.codec.bigvgan import BigVGAN, BigVGANConfig, receptive_frames
from kling_foley_core.codec.chunks import vocode_in_chunks
from kling_foley_core.codec.istft_vocoder import ISTFTVocoder
from kling_foley_core.codec.presets import BIGVGAN_44K
from kling_foley_core.codec.weight_norm import fold_weight_norm
from kling_foley_core.errors import InputError


def from_golden(g: Golden) -> BigVGAN:
    c = g.config
    config = BigVGANConfig(
        n_mels=c["num_mels"],
        width=c["upsample_initial_channel"],
        upsample_rates=tuple(c["upsample_rates"]),
        upsample_kernels=tuple(c["upsample_kernel_sizes"]),
        residual_kernels=tuple(c["resblock_kernel_sizes"]),
        dilations=tuple(c["resblock_dilation_sizes"][0]),
        final_bias=c.get("use_bias_at_final", True),
        final="tanh" if c.get("use_tanh_at_final", True) else "clamp",
    )
    net = BigVGAN(config, device="meta")
    net.load_state_dict(fold_weight_norm(g.weights()), strict=True, assign=True)
    return net.eval()


@pytest.mark.parametrize("name", ["bigvgan_16k", "bigvgan_44k"])
@torch.inference_mode()
def test_golden(name: str) -> None:
    g = golden(name)
    net = from_golden(g)
    g.check("out.plain_weight.conv_pre", net.conv_pre.weight)
    g.check("out.plain_weight.ups.0.0", net.ups[0][0].weight)
    g.check("out.waveform", net(g["in.mel"]))
    assert net.hop * g["in.mel"].shape[-1] == g["out.waveform"].shape[-1]


@pytest.mark.parametrize("name", ["bigvgan_16k", "bigvgan_44k"])
@torch.inference_mode()
def test_golden_activation(name: str) -> None:
    g = golden(name)
    activation = from_golden(g).activation_post
    channels = len(activation.act.alpha)
    x = g["in.activation_x"].expand(1, channels, -1)
    g.check("out.activation_post", activation(x)[:, :1])


def test_made_filters_equal_the_stored_ones() -> None:
    g = golden("bigvgan_44k")
    made = BigVGAN(from_golden(g).config).state_dict()
    for name, stored in g.weights().items():
        if name.endswith("filter"):
            torch.testing.assert_close(made[name], stored, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    "g_name, v_name",
    [("weight_g", "weight_v"), ("parametrizations.weight.original0", "parametrizations.weight.original1")],
)
@pytest.mark.parametrize("transposed", [False, True])
def test_weight_norm_is_folded_as_torch_computes_it(g_name: str, v_name: str, transposed: bool) -> None:
    layer = (nn.ConvTranspose1d if transposed else nn.Conv1d)(4, 6, 3)
    layer = torch.nn.utils.parametrizations.weight_norm(layer)
    layer.parametrizations.weight.original0.data.uniform_(0.5, 2)
    state = {
        f"ups.0.{g_name}": layer.parametrizations.weight.original0,
        f"ups.0.{v_name}": layer.parametrizations.weight.original1,
        "ups.0.bias": layer.bias,
        "conv.weight": torch.ones(2, 2, 1),
    }
    folded = fold_weight_norm(state)
    assert set(folded) == {"ups.0.weight", "ups.0.bias", "conv.weight"}
    torch.testing.assert_close(folded["ups.0.weight"], layer.weight)
    assert len(state) == 4


@pytest.mark.parametrize(
    "lonely", ["ups.0.weight_g", "ups.0.weight_v", "a.parametrizations.weight.original1"]
)
def test_half_of_a_weight_norm_is_refused(lonely: str) -> None:
    with pytest.raises(InputError, match=lonely):
        fold_weight_norm({lonely: torch.ones(2, 2, 1)})


def test_the_receptive_field_is_exact() -> None:
    net = seeded(BigVGAN, BIGVGAN).double()
    before, after = receptive_frames(BIGVGAN)
    mel = torch.zeros(1, 20, 2 * before + 2 * after + 3, dtype=torch.float64)
    mel = (mel + torch.linspace(-1, 1, mel.shape[-1])).requires_grad_()
    frame = before + 1
    net(mel)[0, 0, frame * net.hop : (frame + 1) * net.hop].sum().backward()
    touched = mel.grad.abs().sum((0, 1)).nonzero().flatten()
    assert (frame - touched.min(), touched.max() - frame) == (before, after)


def chunked(net: nn.Module, frames: int, overlap: int, dtype: torch.dtype) -> tuple[float, list]:
    """Largest difference from the whole, and the progress reported."""
    mel = torch.randn(2, 20, 41, generator=torch.Generator().manual_seed(0)).to(dtype)
    seen = []
    wave = vocode_in_chunks(net.to(dtype), mel, frames, overlap, lambda *event: seen.append(event))
    return (wave - net(mel)).abs().max().item(), seen


@pytest.mark.parametrize("frames, pieces", [(7, 6), (30, 2), (100, 1)])
@torch.inference_mode()
def test_chunks_equal_the_whole(frames: int, pieces: int) -> None:
    for net, dtype, tolerance in (
        (seeded(BigVGAN, BIGVGAN), torch.float64, 1e-12),
        (seeded(BigVGAN, BIGVGAN), torch.float32, 1e-5),
        (seeded(ISTFTVocoder, ISTFT), torch.float32, 1e-5),
    ):
        difference, seen = chunked(net, frames, net.reach, dtype)
        assert difference <= tolerance
        assert seen == [("vocoder", i + 1, pieces) for i in range(pieces)]


@torch.inference_mode()
def test_less_overlap_than_the_reach_is_heard() -> None:
    assert chunked(seeded(BigVGAN, BIGVGAN), 20, 1, torch.float64)[0] > 1e-4


def test_the_full_size_reach_is_a_quarter_of_a_second() -> None:
    assert receptive_frames(BIGVGAN_44K) == (21, 21)


def test_wrong_values_are_named() -> None:
    net = seeded(BigVGAN, BIGVGAN)
    with pytest.raises(InputError, match=r"\[1, 21, 5\]"):
        net(torch.zeros(1, 21, 5))
    with pytest.raises(InputError, match="frames = 0"):
        vocode_in_chunks(net, torch.zeros(1, 20, 5), 0, 3)
    with pytest.raises(ValueError, match="final"):
        BigVGANConfig(**{**vars(BIGVGAN), "final": "none"})
