"""Tiled convolution against the plain one in float64, and when it is left to the layer."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from kling_foley_core.networks import convolution, products
from kling_foley_core.networks.convolution import (
    CHANNELS,
    FEWEST,
    NARROWEST,
    POINTS,
    over_time,
    tiled,
    tiles_of,
)
from kling_foley_core.networks.products import product


def plain(layer: nn.Conv1d, x: torch.Tensor) -> torch.Tensor:
    return layer(x.transpose(1, 2)).transpose(1, 2)


def made(kernel: int, width: int, channels: int, **kw) -> nn.Conv1d:
    torch.manual_seed(0)
    return nn.Conv1d(width, channels, kernel, padding=kernel // 2, **kw)


@pytest.mark.parametrize("kernel", POINTS)
@pytest.mark.parametrize("length", [1, 2, 5, 256, 345])
@pytest.mark.parametrize("rest", [39, 40])
@pytest.mark.parametrize("slow", [True, False], ids=["oneDNN", "MKL"])
def test_tiles_are_the_convolution(kernel, length, rest, slow, monkeypatch) -> None:
    """Tolerance: of float32 sums; the last piece of channels is a smaller one, in halves where it is even."""
    monkeypatch.setattr(products, "mkl_is_slow", lambda: slow)
    monkeypatch.setattr(products, "one_dnn", lambda: hasattr(torch.ops.mkldnn, "_linear_pointwise"))
    layer = made(kernel, 48, CHANNELS + rest, bias=False)
    x = torch.randn(2, length, 48)
    with torch.no_grad():
        want = plain(layer.double(), x.double())
        got = tiled(x, layer.float().weight)
    assert got.shape == want.shape
    assert (got - want).abs().max() < 3e-5 * want.abs().max()


@pytest.mark.parametrize("kernel", POINTS)
def test_the_error_is_that_of_torchs_own(kernel) -> None:
    """As wide as a public model: rms against float64 within three times conv1d's, and below 3e-6."""
    layer, x = made(kernel, 896, 64), torch.randn(2, 345, 896)
    with torch.inference_mode():
        fast, own = over_time(layer, x), plain(layer, x)
        want = plain(layer.double(), x.double())
    ours, torchs = ((y - want).norm() / want.norm() for y in (fast, own))
    assert ours < min(3 * torchs, 3e-6)


@pytest.mark.parametrize("kernel", POINTS)
def test_the_matrices_are_exact_in_float64(kernel) -> None:
    """One tile of integers: sums that float64 holds to the last bits."""
    a, g, b = (t.double() for t in tiles_of(kernel))
    m = POINTS[kernel][0]
    torch.manual_seed(0)
    d, w = (torch.randint(-9, 9, (n,)).double() for n in (m + kernel - 1, kernel))
    want = torch.stack([(d[i : i + kernel] * w).sum() for i in range(m)])
    torch.testing.assert_close(a @ ((g @ w) * (b @ d)), want, atol=1e-4, rtol=1e-5)


class HostConv1d(nn.Conv1d):
    """A host's layer: its weights lie in another type until forward brings them."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._conv_forward(x, self.weight.to(x.dtype), self.bias.to(x.dtype))


class Adapted(nn.Module):
    """A layer with more around it, as an adapter's."""

    def __init__(self, *sizes: int, **options: int) -> None:
        super().__init__()
        self.base = nn.Conv1d(*sizes, **options)
        for name in ("kernel_size", "padding", "stride", "dilation", "groups", "padding_mode", "weight"):
            setattr(self, name, getattr(self.base, name))
        self.in_channels, self.out_channels = self.base.in_channels, self.base.out_channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + 1


@pytest.mark.parametrize(
    "why", ["few tokens", "narrow", "no layer of torch's", "gradient", "half", "dilated", "kernel 5"]
)
def test_what_is_left_to_the_layer(why, monkeypatch) -> None:
    monkeypatch.setattr(convolution, "tiled", lambda *_: pytest.fail(f"{why}: tiled"))
    kernel, dilation = 5 if why == "kernel 5" else 3, 2 if why == "dilated" else 1
    kind = Adapted if why == "no layer of torch's" else nn.Conv1d
    width = NARROWEST - 1 if why == "narrow" else NARROWEST
    layer = kind(NARROWEST, width, kernel, padding=kernel // 2 * dilation, dilation=dilation)
    x = torch.randn(2, FEWEST // 2 - 1 if why == "few tokens" else FEWEST, NARROWEST)
    if why == "half":
        layer, x = layer.to(torch.bfloat16), x.to(torch.bfloat16)
    with torch.set_grad_enabled(why == "gradient"):
        y = over_time(layer, x)
        assert torch.equal(y, plain(layer, x))
    if why == "gradient":
        y.square().sum().backward()
        assert layer.weight.grad is not None


@torch.no_grad()
def test_a_forward_that_was_put_into_a_layer_gets_the_tensor() -> None:
    """As ComfyUI's Load LoRA (Bypass) does: the layer's own output and that of two small convolutions."""
    layer, down, up = (
        made(3, NARROWEST, NARROWEST),
        torch.randn(4, NARROWEST, 3),
        torch.randn(NARROWEST, 4, 1),
    )
    own = layer.forward
    layer.forward = lambda x: own(x) + nn.functional.conv1d(nn.functional.conv1d(x, down, padding=1), up)
    x = torch.randn(2, FEWEST // 2, NARROWEST)
    assert torch.equal(over_time(layer, x), plain(layer, x))


def test_many_tokens_go_the_fast_way(monkeypatch) -> None:
    monkeypatch.setattr(convolution, "tiled", lambda x, weight: torch.zeros(*x.shape[:2], len(weight)))
    layer = made(3, NARROWEST, NARROWEST)
    with torch.no_grad():
        y = over_time(layer, torch.randn(2, FEWEST // 2, NARROWEST))
    assert torch.equal(y, layer.bias.expand_as(y))


@torch.no_grad()
def test_a_host_s_layer_brings_its_weights(monkeypatch) -> None:
    layer = HostConv1d(NARROWEST, NARROWEST, 3, padding=1)
    x = torch.randn(2, FEWEST // 2, NARROWEST)
    want = plain(layer, x)
    layer = layer.to(torch.float64)
    calls = []
    monkeypatch.setattr(convolution, "tiled", lambda *given: calls.append(given) or tiled(*given))
    torch.testing.assert_close(over_time(layer, x), want, atol=1e-5, rtol=1e-5)
    assert [weight.dtype for _, weight in calls] == [torch.float32]


@pytest.fixture
def multiplied(monkeypatch) -> list[torch.Tensor]:
    """What goes into products of one tap."""
    given = []
    monkeypatch.setattr(products, "one_dnn", lambda: hasattr(torch.ops.mkldnn, "_linear_pointwise"))
    monkeypatch.setattr(convolution, "product", lambda x, *rest: given.append(x) or product(x, *rest))
    return given


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_one_tap_is_a_matrix_product(dtype, multiplied) -> None:
    """Of a host's layer too, whose weights lie in another type; x as the VAE has it, channels first."""
    layer = HostConv1d(NARROWEST, NARROWEST + 8, 1).to(torch.float64)
    x = torch.randn(2, NARROWEST, 9, dtype=dtype).transpose(1, 2)
    want = plain(layer, x)
    with torch.no_grad():
        got = over_time(layer, x)
    assert len(multiplied) == 1 and got.dtype == dtype
    torch.testing.assert_close(got, want, atol=4e-2 if dtype == torch.bfloat16 else 1e-5, rtol=1e-2)


@pytest.mark.parametrize("why", ["gradient", "narrow", "padded", "hooked"])
def test_one_tap_that_is_left_to_the_layer(why, multiplied) -> None:
    width = NARROWEST - 1 if why == "narrow" else NARROWEST
    layer, x, seen = made(1, NARROWEST, width), torch.randn(2, 9, NARROWEST), []
    if why == "padded":
        layer = nn.Conv1d(NARROWEST, width, 1, padding=1)
    if why == "hooked":
        layer.register_forward_hook(lambda _, given, out: seen.append(out.shape))
    with torch.set_grad_enabled(why == "gradient"):
        assert torch.equal(over_time(layer, x), plain(layer, x))
    assert not multiplied
    assert why != "hooked" or seen == [(2, width, 9)] * 2


def test_a_convolution_that_shortens_is_left_to_the_layer(monkeypatch) -> None:
    monkeypatch.setattr(convolution, "tiled", lambda *_: pytest.fail("tiled"))
    layer, x = nn.Conv1d(NARROWEST, NARROWEST, 3), torch.randn(2, FEWEST, NARROWEST)
    with torch.no_grad():
        assert torch.equal(over_time(layer, x), plain(layer, x))
