"""BigVGAN on the CPU, in pieces: each part equals its plain twin, wherever the pieces end."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from codec_networks import BIGVGAN, seeded, storing_host
from torch import Tensor, nn

from kling_foley_core.codec import time_major_bigvgan, time_major_conv
from kling_foley_core.codec.activations import AntiAliasedSnake
from kling_foley_core.codec.bigvgan import BigVGAN
from kling_foley_core.codec.short_fourier import FourierConvolution, Room
from kling_foley_core.codec.time_major_snake import TimeMajorSnake

KERNELS = [(3, 1), (7, 3), (11, 5)]


def noise(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3), dtype=dtype)


def small_pieces(monkeypatch: pytest.MonkeyPatch, rows: int, long: int) -> None:
    monkeypatch.setattr(time_major_conv, "PIECE", 1)
    monkeypatch.setattr(time_major_conv, "LEAST", rows)
    monkeypatch.setattr(time_major_conv, "LONG", long)
    monkeypatch.setattr(time_major_conv, "MANY", 0)


@pytest.mark.parametrize("length", [1, 2, 5, 8, 9, 40])
@torch.inference_mode()
def test_the_activation_equals_its_plain_twin_on_any_rows(length: int) -> None:
    activation = AntiAliasedSnake(3, device=None, dtype=torch.float64).double()
    activation.act.alpha.copy_(torch.tensor([-0.4, 0.1, 0.5]))
    activation.act.beta.copy_(torch.tensor([0.3, -0.2, 0.1]))
    x = noise(length, 3)
    plain = activation(x.t()[None])[0].t()
    snake = TimeMajorSnake(activation, x)
    for start in range(length):
        for stop in range(start + 1, length + 1):
            rows = snake.rows(x, start, stop)[: stop - start]
            torch.testing.assert_close(rows, plain[start:stop], atol=1e-12, rtol=0)


@pytest.mark.parametrize("kernel, dilation", KERNELS)
@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-12), (torch.float32, 1e-5)])
@torch.inference_mode()
def test_short_fourier_transforms_convolve(kernel: int, dilation: int, dtype: torch.dtype, tolerance: float):
    weight = noise(5, 4, kernel, dtype=dtype)
    fourier = FourierConvolution(weight, dilation, Room())
    x = noise(3 * fourier.step + (kernel - 1) * dilation, 4, dtype=dtype)
    plain = F.conv1d(x.t()[None], weight, dilation=dilation)[0].t()
    torch.testing.assert_close(fourier(x), plain, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("rows", [1, 7, 13, 100, 10_000])  # less than a neighbourhood, and the whole
@pytest.mark.parametrize("long", [0, 10_000])  # all by short Fourier transforms, none
@torch.inference_mode()
def test_pieces_of_any_size_make_the_whole(monkeypatch: pytest.MonkeyPatch, rows: int, long: int) -> None:
    small_pieces(monkeypatch, rows, long)
    net, mel = seeded(BigVGAN, BIGVGAN).double(), noise(1, 20, 5)
    torch.testing.assert_close(net(mel), net.plain(mel).tanh(), atol=1e-11, rtol=0)


@pytest.mark.parametrize("plainly", [True, False])
@torch.inference_mode()
def test_three_taps_are_convolved_plainly_where_that_is_faster(monkeypatch, plainly: bool) -> None:
    small_pieces(monkeypatch, 100, 0)
    monkeypatch.setattr(time_major_conv, "one_dnn", lambda: plainly)
    kernels = []

    class Fourier(FourierConvolution):
        def __init__(self, weight: Tensor, dilation: int, room: Room) -> None:
            kernels.append(weight.shape[2])
            super().__init__(weight, dilation, room)

    monkeypatch.setattr(time_major_conv, "FourierConvolution", Fourier)
    net, mel = seeded(BigVGAN, BIGVGAN).double(), noise(1, 20, 5)
    torch.testing.assert_close(net(mel), net.plain(mel).tanh(), atol=1e-11, rtol=0)
    assert (3 in kernels) != plainly and 5 in kernels


@torch.inference_mode()
def test_float32_stays_within_its_rounding() -> None:
    net, mel = seeded(BigVGAN, BIGVGAN), noise(1, 20, 40, dtype=torch.float32)
    torch.testing.assert_close(net(mel), net.plain(mel).tanh(), atol=1e-5, rtol=0)


@torch.inference_mode()
def test_a_batch_is_its_items_to_the_bit() -> None:
    net, mel = seeded(BigVGAN, BIGVGAN), noise(3, 20, 9, dtype=torch.float32)
    assert torch.equal(net(mel), torch.cat([net(item[None]) for item in mel]))


@torch.inference_mode()
def test_a_bfloat16_network_is_rounded_only_in_its_weights() -> None:
    net, mel = seeded(BigVGAN, BIGVGAN).bfloat16(), noise(1, 20, 9).bfloat16()
    wave = net(mel)
    assert wave.dtype == torch.bfloat16
    exact = net.double()(mel.double())
    assert (wave - exact).abs().max() < 0.01 * exact.abs().max()


@pytest.mark.parametrize("long", [1, 10**6], ids=["Fourier", "plain"])
@torch.inference_mode()
def test_autocast_reaches_the_first_layer_alone(monkeypatch: pytest.MonkeyPatch, long: int) -> None:
    """bfloat16 would round the transforms."""
    small_pieces(monkeypatch, 64, long)
    net, mel = seeded(BigVGAN, BIGVGAN), noise(1, 20, 40, dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        wave = net(mel)
        first = net.conv_pre(mel)
    monkeypatch.setattr(net.conv_pre, "forward", lambda _: first.float())
    torch.testing.assert_close(wave, net(mel), atol=1e-6, rtol=0)


@torch.inference_mode()
def test_a_hosts_layers_give_their_weights_as_they_use_them() -> None:
    hosted = seeded(BigVGAN, BIGVGAN, operations=storing_host())
    mel = noise(1, 20, 9, dtype=torch.float32)
    torch.testing.assert_close(hosted(mel), hosted.plain(mel).tanh(), atol=1e-5, rtol=0)
    assert (
        hosted.conv_post.weight.dtype
        == seeded(BigVGAN, BIGVGAN, operations=storing_host()).conv_post.weight.dtype
    )


@torch.inference_mode()
def test_layers_can_be_watched_and_interrupted() -> None:
    net, seen = seeded(BigVGAN, BIGVGAN), []
    layers = [m for m in net.modules() if isinstance(m, nn.Conv1d | nn.ConvTranspose1d)]
    for layer in layers:
        layer.register_forward_pre_hook(lambda layer, _: seen.append(layer))
    net(noise(1, 20, 3, dtype=torch.float32))
    assert len(seen) == len(layers)


def test_only_a_cpu_that_learns_nothing_is_suited() -> None:
    mel = torch.zeros(1, 20, 3)
    assert not time_major_bigvgan.suits(mel)
    with torch.no_grad():
        assert time_major_bigvgan.suits(mel)
        assert not time_major_bigvgan.suits(mel.to("meta"))
