"""The number types that a network's weights can be kept in, by the words of the loaders' lists."""

from __future__ import annotations

import torch

AUTO = "auto"
OF_ENCODERS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
OF_MODELS = OF_ENCODERS | {"fp8": torch.float8_e4m3fn}  # in encoders not every weight is widened at use
COMPUTED_AS_KEPT = ("fp32", "bf16")  # by encoders; T5 overflows in fp16
