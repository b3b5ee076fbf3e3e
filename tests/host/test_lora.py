"""LoraLoaderModelOnly on our MODEL: the weights become W + strength * up down, as if they came from a
file."""

from __future__ import annotations

import pytest
import torch
from inside import measured
from loras import sampled, write_lora

# The host's attention on a CPU works in pieces and sums in another order than torch's; drawn weights make
# more of it than trained ones.
FLOAT32_TOLERANCE = 5e-4


def test_a_lora_is_its_product_added_to_the_weights(server, graph):
    write_lora(server.base / "models")
    plain, none, full, merged = sampled(server, graph)
    assert torch.equal(plain, none)
    assert (full - plain).abs().max() > 0.3 * plain.std()
    assert (full - merged).abs().max() <= 1e-4 * merged.std()
    assert "lora key not loaded" not in server.log_text()


@pytest.fixture(scope="module")
def beside_the_library(host) -> dict[str, dict[str, float]]:
    return measured(host, "inside_lora")


@pytest.mark.parametrize("model", ["small", "mmaudio"])
def test_the_host_and_the_library_make_the_same_of_two_loras(beside_the_library, model):
    found = beside_the_library[model]
    assert found["weights"] == 0, "to the bit"
    assert found["latents"] <= FLOAT32_TOLERANCE * found["deviation"]
    assert found["effect"] > 0.1 * found["deviation"] and found["strength_0"] == 0
