"""The average against a plain loop."""

from __future__ import annotations

import torch

from kling_foley_core.training.loop.ema import EMA


def test_average_is_the_recursion_written_out() -> None:
    network = torch.nn.Linear(2, 1)
    ema = EMA(network, 0.3)
    expected = network.weight.detach().clone()
    for n in range(12):
        with torch.no_grad():
            network.weight.fill_(float(n))
        decay = min(0.3, (1 + n) / (10 + n))
        expected = decay * expected + (1 - decay) * n
        ema.update(network)
    assert torch.allclose(ema.average["weight"], expected, atol=1e-5)


def test_it_shares_no_memory_and_takes_counters_as_they_are() -> None:
    network = torch.nn.BatchNorm1d(2)
    ema = EMA(network, 0.9)
    network.num_batches_tracked += 7
    with torch.no_grad():
        network.weight.fill_(5.0)
    assert float(ema.average["weight"][0]) == 1.0
    ema.update(network)
    assert int(ema.average["num_batches_tracked"]) == 7


def test_state_goes_on_where_it_was() -> None:
    network = torch.nn.Linear(1, 1)
    one, two = EMA(network, 0.9), EMA(network, 0.9)
    with torch.no_grad():
        network.weight.add_(3.0)
    one.update(network)
    two.load_state_dict(one.state_dict())
    with torch.no_grad():
        network.weight.add_(1.0)
    one.update(network), two.update(network)
    assert two.updates == 2 and torch.equal(one.average["weight"], two.average["weight"])


def test_a_network_has_the_average_for_a_while() -> None:
    network = torch.nn.Linear(1, 1)
    ema = EMA(network, 0.9)
    average = network.weight.item()
    with torch.no_grad():
        network.weight.fill_(7.0)
    with ema.swapped(network):
        assert network.weight.item() == average
    assert network.weight.item() == 7.0 and ema.average["weight"].item() == average
