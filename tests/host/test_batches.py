"""A batch of N is N singles, through sampler, codec and stereo renderer."""

from __future__ import annotations

import pytest
from inside import measured

# Relative to the largest value. A batch's matrix products sum in another order: the last bits of float32.
SAMPLED = 1e-5
# These bits through the vocoder, whose phases carry them on.
HEARD = 1e-3


@pytest.fixture(scope="module")
def found(host) -> dict[str, float]:
    return measured(host, "inside_batches")["three_and_singles"]


def test_items_are_sampled_as_they_are_alone(found):
    assert found["items_differ"] > 0.1
    assert found["latent"] <= SAMPLED
    assert found["end_to_end"] <= HEARD


@pytest.mark.parametrize("stage", ["mel", "audio", "stereo", "stereo_mels"])
def test_items_are_decoded_and_rendered_to_the_bit_as_they_are_alone(found, stage):
    assert found[stage] == 0
