"""Networks under the host's memory manager against the library's own, in one process with ComfyUI's code."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

# The host's attention on a CPU works in pieces and sums in another order than torch's.
FLOAT32_TOLERANCE = 1e-4
# The host keeps encoders in float16 and computes in float32: rounded weights, some ten layers deep.
FLOAT16_WEIGHTS_TOLERANCE = 2e-2


@pytest.fixture(scope="module")
def measured(host) -> dict[str, dict[str, float]]:
    comfy, python = host
    run = subprocess.run(
        [str(python), str(Path(__file__).with_name("inside.py"))],
        cwd=comfy,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr[-4000:]
    (line,) = [x for x in run.stdout.splitlines() if x.startswith("RESULT ")]
    return json.loads(line.removeprefix("RESULT "))


def test_the_model_under_the_hosts_sampler_is_the_librarys_flow(measured):
    found = measured["model_and_library"]
    assert found["deviation"] > 0.1
    assert found["difference"] <= FLOAT32_TOLERANCE * found["deviation"]
    assert found["unconverted"] > found["deviation"]  # a forgotten sign or statistic would be seen


def test_masks_keep_what_they_should_and_a_batch_holds_different_sounds(measured):
    found = measured["batch_and_mask"]
    assert found["kept"] <= 1e-5
    assert found["changed"] > 0.05 and found["items_differ"] > 0.05
    assert found["input_untouched"] == 0


@pytest.mark.parametrize("kind", ["text", "visual", "sync"])
def test_encoders_in_the_hosts_layers_say_the_same(measured, kind):
    assert measured["hosted_networks"][kind] <= FLOAT16_WEIGHTS_TOLERANCE


def test_stereo_in_the_hosts_layers_says_the_same(measured):
    assert measured["hosted_networks"]["stereo"] <= FLOAT32_TOLERANCE
