"""LoraLoaderModelOnly on our MODEL: the weights become W + strength * up down, as if they came from a
file."""

from __future__ import annotations

import torch
from loras import sampled, write_lora


def test_a_lora_is_its_product_added_to_the_weights(server, graph):
    write_lora(server.base / "models")
    plain, none, full, merged = sampled(server, graph)
    assert torch.equal(plain, none)
    assert (full - plain).abs().max() > 0.3 * plain.std()
    assert (full - merged).abs().max() <= 1e-4 * merged.std()
    assert "lora key not loaded" not in server.log_text()
