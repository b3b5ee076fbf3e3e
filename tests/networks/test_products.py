"""Products by oneDNN against float64, when they are left to torch, and layers made of them."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from kling_foley_core.networks import layers, products
from kling_foley_core.networks.attention import in_products, sdpa
from kling_foley_core.networks.products import NARROWEST, product, product_gelu, suits

ROUNDING = {torch.float32: 3e-6, torch.bfloat16: 2e-2}  # of the largest number


@pytest.fixture(autouse=True)
def any_processor(monkeypatch):
    """The operation runs on all of them; which are faster with it is not tested."""
    if not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        pytest.skip("needs a torch that is built with oneDNN")
    monkeypatch.setattr(products, "one_dnn", lambda: True)


def given(dtype: torch.dtype, width: int = NARROWEST, channels: int = NARROWEST + 8) -> tuple:
    torch.manual_seed(0)
    weight = torch.randn(channels, width) / width**0.5
    return torch.randn(2, 5, width).to(dtype), weight.to(dtype), torch.randn(channels).to(dtype)


def close(got: torch.Tensor, want: torch.Tensor) -> bool:
    return bool((got.double() - want).abs().max() <= ROUNDING[got.dtype] * want.abs().max())


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("biased", [True, False])
def test_products_are_those_of_float64(dtype, biased) -> None:
    x, weight, bias = given(dtype)
    bias = bias if biased else None
    want = F.linear(x.double(), weight.double(), None if bias is None else bias.double())
    with torch.no_grad():
        assert suits(x, weight)
        got, bent = product(x, weight, bias), product_gelu(x, weight, bias)
    assert got.dtype == dtype and got.shape == want.shape
    assert close(got, want) and close(bent, F.gelu(want))


def test_what_is_left_to_torch() -> None:
    x, weight, bias = given(torch.float32)
    assert not suits(x, weight)  # gradients are on
    with torch.no_grad():
        assert suits(x, weight)
        assert not suits(x.double(), weight.double())
        assert not suits(x.bfloat16(), weight)
        assert not suits(x[..., :8], weight[:, :8].contiguous())
        assert not suits(x[0, 0], weight)
        assert not suits(x[:0], weight)
        assert not suits(x.to("meta"), weight.to("meta"))
        strided = torch.stack([weight, weight], 1)[:, 0]
        assert not suits(x, strided)  # would take minutes
        assert torch.equal(product(x, strided, bias), F.linear(x, weight, bias))
        with torch.autocast("cpu", torch.bfloat16):
            assert not suits(x, weight)


def test_without_the_operation_it_is_torch(monkeypatch) -> None:
    monkeypatch.setattr(products, "one_dnn", lambda: False)
    x, weight, bias = given(torch.float32)
    with torch.no_grad():
        assert torch.equal(product(x, weight, bias), F.linear(x, weight, bias))
        assert torch.equal(product_gelu(x, weight, bias), F.gelu(F.linear(x, weight, bias)))


def test_a_layer_learns_as_torchs_own() -> None:
    x, weight, bias = given(torch.float32)
    ours, torchs = layers.Linear(*weight.shape[::-1]), nn.Linear(*weight.shape[::-1])
    for layer in (ours, torchs):
        layer.load_state_dict({"weight": weight, "bias": bias})
        layer(x).square().sum().backward()
    assert torch.equal(ours.weight.grad, torchs.weight.grad)
    assert layers.LayerNorm is nn.LayerNorm
    with pytest.raises(AttributeError, match="Linaer"):
        layers.Linaer  # noqa: B018


def test_a_replaced_forward_is_called(monkeypatch) -> None:
    x, weight, _ = given(torch.float32)
    layer = layers.Linear(*weight.shape[::-1])
    with torch.no_grad():
        want = F.gelu(2 * layer(x))
        assert close(layers.linear_gelu(layer, x), F.gelu(layer(x).double()))
        layer.forward = lambda y: 2 * F.linear(y, layer.weight, layer.bias)
        assert close(layers.linear_gelu(layer, x), want.double())


@pytest.mark.parametrize("shape", [(1, 3, 7, 7, 16), (5, 2, 1, 9, 8), (2, 3, 40, 41, 20)])
def test_attention_in_products(shape, monkeypatch) -> None:
    """Also in pieces of some heads, the last one smaller."""
    monkeypatch.setattr("kling_foley_core.networks.attention.SCORES", 2 * shape[2] * shape[3])
    batch, heads, n, m, width = shape
    torch.manual_seed(0)
    q, k, v = (torch.randn(batch, rows, heads, width).transpose(1, 2).bfloat16() for rows in (n, m, m))
    want = F.scaled_dot_product_attention(q.double(), k.double(), v.double())
    with torch.no_grad():
        assert close(in_products(q, k, v), want)
        assert torch.equal(sdpa(q, k, v), in_products(q, k, v))
        assert torch.equal(
            sdpa(q.float(), k.float(), v.float()),
            F.scaled_dot_product_attention(q.float(), k.float(), v.float()),
        )


def test_hooks_of_a_layer_run() -> None:
    x, weight, _ = given(torch.float32)
    layer, seen = layers.Linear(*weight.shape[::-1]), []
    layer.register_forward_hook(lambda *call: seen.append(call))
    with torch.no_grad():
        layers.linear_gelu(layer, x)
    assert len(seen) == 1


def test_the_layers_are_no_package() -> None:
    assert not hasattr(layers, "__path__")


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("slow", [True, False], ids=["oneDNN", "MKL"])
def test_each_product_of_many(dtype, slow, monkeypatch) -> None:
    """By oneDNN where it is the faster one, but for weights that are small or not one stretch of memory."""
    calls, by_one_dnn = [], products._by_one_dnn
    monkeypatch.setattr(products, "mkl_is_slow", lambda: slow)
    monkeypatch.setattr(products, "_by_one_dnn", lambda *given: calls.append(given) or by_one_dnn(*given))
    torch.manual_seed(0)
    x = torch.randn(3, 7, 2 * NARROWEST).to(dtype)
    weights = (torch.randn(3, NARROWEST, 2 * NARROWEST) / NARROWEST**0.5).to(dtype)
    half = weights[:, : NARROWEST // 2].contiguous()  # as of a convolution, whose channels go in halves
    small = weights[:, : NARROWEST // 2 - 1].contiguous()
    with torch.no_grad():
        for given, count in ((weights, 3), (half, 3), (weights.mT.contiguous().mT, 0), (small, 0)):
            calls.clear()
            got = products.products(x, given, torch.empty(3, 7, given.shape[1], dtype=dtype))
            assert close(got, torch.bmm(x.double(), given.double().mT))
            assert len(calls) == (count if slow else 0)


CPUINFO = "processor\t: 0\nvendor_id\t: {}\ncpu family\t: {}\nmodel\t\t: 2\n"


@pytest.mark.parametrize(
    ("told", "slow"),
    [
        (CPUINFO.format("AuthenticAMD", 26), True),  # Zen 5
        (CPUINFO.format("AuthenticAMD", 25), False),  # Zen 4
        (CPUINFO.format("GenuineIntel", 26), False),
        ("processor\t: 0\nCPU architecture: 8\n", False),
    ],
)
def test_mkl_is_slow_on_zen_5(told, slow, monkeypatch, tmp_path, fresh_choice) -> None:
    (tmp_path / "cpuinfo").write_text(told)
    monkeypatch.setattr(products, "CPUINFO", tmp_path / "cpuinfo")
    assert products.mkl_is_slow() is slow


def test_windows_tells_the_family_too(monkeypatch, tmp_path, fresh_choice) -> None:
    monkeypatch.setattr(products, "CPUINFO", tmp_path / "none")
    monkeypatch.setattr(
        products.platform, "processor", lambda: "AMD64 Family 26 Model 68 Stepping 0, AuthenticAMD"
    )
    assert products.mkl_is_slow()


def test_mkl_is_not_slow_without_the_operation(monkeypatch, fresh_choice) -> None:
    monkeypatch.setattr(products, "one_dnn", lambda: False)
    monkeypatch.setattr(products, "amd_family", lambda: products.ZEN_5)
    assert not products.mkl_is_slow()


@pytest.fixture
def fresh_choice():
    products.mkl_is_slow.cache_clear()
    yield
    products.mkl_is_slow.cache_clear()
