"""Silero VAD's network at 16 kHz out of PyPI's silero-vad 6.2.3 -> silero.safetensors, once.

    python -m kling_foley_core.evaluation.networks.silero.convert WHEEL [--output FILE]

The values are those of `silero_vad.jit`, which the package uses unless told otherwise; its own safetensors
hold another training. They stay float32. TorchScript is run to read it: bring a wheel that you trust.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from ....errors import InputError
from ....files.whole_file import whole_file
from . import WEIGHTS

JIT = "silero_vad/data/silero_vad.jit"
THEIRS = {  # beginnings of names: ours -> the script's
    "stft_conv.weight": "_model.stft.forward_basis_buffer",
    **{f"conv{i + 1}.": f"_model.encoder.{i}.reparam_conv." for i in range(4)},
    "lstm_cell.": "_model.decoder.rnn.",
    "final_conv.": "_model.decoder.decoder.2.",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    if not zipfile.is_zipfile(options.wheel):
        raise InputError(f"{options.wheel}: this is no wheel.")
    script = zipfile.ZipFile(options.wheel).read(JIT)
    values = converted(torch.jit.load(io.BytesIO(script), map_location="cpu").state_dict())
    with whole_file(options.output) as draft:
        draft.write_bytes(save(values))


def converted(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The part for 16 kHz under the names of network.py."""
    return {
        ours + name.removeprefix(theirs): tensor.contiguous()
        for ours, theirs in THEIRS.items()
        for name, tensor in state.items()
        if name.startswith(theirs)
    }


if __name__ == "__main__":
    main()
