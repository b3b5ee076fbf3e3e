"""What can't be compiled rightly is refused before the first step."""

import pytest
import torch
from training_tiny import run

from kling_foley_core.errors import InputError
from kling_foley_core.training.loop.blocks import check_compile

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def test_bfloat16_is_not_compiled_for_a_cpu():
    with pytest.raises(InputError, match=r"run\.precision=fp32"):
        check_compile(run(compile=True, precision="bf16"), CPU)


@pytest.mark.parametrize(
    ("compiled", "precision", "device"), [(True, "fp32", CPU), (True, "bf16", CUDA), (False, "bf16", CPU)]
)
def test_all_else_is_taken(compiled, precision, device):
    check_compile(run(compile=compiled, precision=precision), device)
