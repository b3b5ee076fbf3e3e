"""Weight files in the layouts of the public ones, of the real sizes, with seeded random values.

They lie in one folder, in which both sides look for them, and are made once: `made(part)` gives a network of
the reference, whose names and shapes are those of the public file. The values keep activations finite and
of about unit size; buffers (filters, statistics) stay as the network has them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from kling_foley_core.codec.presets import BIGVGAN_44K, MEL_44K

SEED = 17
NAMES = {
    "clip": "open_clip_pytorch_model.bin",
    "sync": "synchformer_state_dict.pth",
    "vae": "v1-44.pth",
    "vocoder": "bigvgan_generator.pt",
}
PARTS = ("clip", "sync", "flow", "vae", "vocoder")
PART = {"step": "flow", "sampling": "flow"}  # stage -> the network it needs; others are named like theirs


@dataclass(frozen=True)
class Files:
    """The weight files of one model, such as "large_44k_v2", in a folder."""

    folder: Path
    model: str

    def path(self, part: str) -> Path:
        return self.folder / NAMES.get(part, f"mmaudio_{self.model}.pth")

    def write(self, parts: Iterable[str], made: Callable[[str], nn.Module]) -> None:
        """Those that are not there yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "config.json").write_text(json.dumps(bigvgan_config()))
        for part in parts:
            if not self.path(part).exists():
                state = filled(made(part))
                draft = self.path(part).with_suffix(".draft")
                torch.save({"generator": state} if part == "vocoder" else state, draft)
                draft.rename(self.path(part))


@torch.no_grad()
def filled(network: nn.Module) -> dict[str, Tensor]:
    """The network's state dict with seeded random parameters."""
    generator = torch.Generator().manual_seed(SEED)
    for name, parameter in network.named_parameters():
        mean, deviation = _spread(name, parameter)
        parameter.normal_(mean, deviation, generator=generator)
        if name.endswith(("weight.original0", "latent_std")):
            parameter.abs_()
    return network.state_dict()


def _spread(name: str, parameter: Tensor) -> tuple[float, float]:
    """(mean, standard deviation) by the parameter's part: norms of weights, of outputs, gains, biases, ..."""
    if name.endswith("weight.original0"):  # the length of a weight's rows, which weight norm keeps apart
        length = 1.0 if name.startswith("ups.") else 0.1 if name.startswith("conv_post") else 0.5
        return length, 0.05 * length
    if name.endswith("latent_std"):
        return 1.0, 0.1
    if name.endswith("learnable_gain"):
        return 0.0, 0.01
    if parameter.ndim > 1 and not any(word in name for word in ("embed", "token", "empty", "latent_mean")):
        return 0.0, (parameter[0].numel()) ** -0.5
    return (1.0, 0.1) if name.endswith("weight") and parameter.ndim == 1 else (0.0, 0.1)


def bigvgan_config() -> dict[str, object]:
    """What BigVGAN v2's own config.json says of the network's shape, from our table."""
    shape = BIGVGAN_44K
    return {
        "resblock": "1",
        "num_mels": shape.n_mels,
        "upsample_rates": list(shape.upsample_rates),
        "upsample_kernel_sizes": list(shape.upsample_kernels),
        "upsample_initial_channel": shape.width,
        "resblock_kernel_sizes": list(shape.residual_kernels),
        "resblock_dilation_sizes": [list(shape.dilations) for _ in shape.residual_kernels],
        "activation": "snakebeta",
        "snake_logscale": True,
        "use_tanh_at_final": False,
        "use_bias_at_final": shape.final_bias,
        "sampling_rate": MEL_44K.sampling_rate,
    }
