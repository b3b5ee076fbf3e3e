"""Networks under the host's memory manager against the library's own, in one process with ComfyUI's code."""

from __future__ import annotations

import pytest
from inside import measured

# The host's attention on a CPU works in pieces and sums in another order than torch's.
FLOAT32_TOLERANCE = 1e-4
# The host keeps encoders in float16 and computes in float32: rounded weights, some ten layers deep.
FLOAT16_WEIGHTS_TOLERANCE = 2e-2


@pytest.fixture(scope="module")
def numbers(host) -> dict[str, dict[str, float]]:
    return measured(host, "inside_numbers")


def test_the_model_under_the_hosts_sampler_is_the_librarys_flow(numbers):
    found = numbers["model_and_library"]
    assert found["deviation"] > 0.1
    assert found["difference"] <= FLOAT32_TOLERANCE * found["deviation"]
    assert found["adams"] <= FLOAT32_TOLERANCE * found["deviation"]
    assert found["unconverted"] > found["deviation"]  # a forgotten sign or statistic would be seen


def test_masks_keep_what_they_should_and_a_batch_holds_different_sounds(numbers):
    found = numbers["batch_and_mask"]
    assert found["kept"] <= 1e-5 and found["four_kept"] <= 1e-5
    assert found["changed"] > 0.05 and found["items_differ"] > 0.05
    assert found["input_untouched"] == 0


@pytest.mark.parametrize("kind", ["text", "visual", "sync"])
def test_encoders_in_the_hosts_layers_say_the_same(numbers, kind):
    assert numbers["hosted_networks"][kind] <= FLOAT16_WEIGHTS_TOLERANCE


def test_stereo_in_the_hosts_layers_says_the_same(numbers):
    assert numbers["hosted_networks"]["stereo"] <= FLOAT32_TOLERANCE
