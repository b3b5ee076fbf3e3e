"""What codecs of real sizes cost: seconds of computing for a second of sound, and memory.

    python benchmarks/codec_cost.py FOLDER
    kling-foley evaluate codec --model small FOLDER/* --sounds SOUNDS --json OUT

Weights are seeded random values, for only sizes count here. The files (4.2 GB) are made once, a folder a
codec: MMAudio's two in the layouts and under the names of the public ones, that of the paper's shape, which
is not published, in ours. The second command opens the same folders.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from compare.machine import described
from compare.weights import filled
from torch import Tensor

from kling_foley_core.checkpoints import save_own
from kling_foley_core.checkpoints.kinds import KINDS
from kling_foley_core.codec.presets import BIGVGAN_16K, BIGVGAN_44K, VAE_16K, VAE_44K, VAE_KLING
from kling_foley_core.evaluation.report.codec_table import codec_table
from kling_foley_core.evaluation.runners.codec import evaluate_codecs
from kling_foley_core.evaluation.runners.codec_models import open_codec
from kling_foley_core.files.whole_file import whole_file
from kling_foley_core.networks.device import checked_device
from kling_foley_core.presets import SMALL
from kling_foley_core.stereo.presets import STEREO_KLING

CODECS: dict[str, dict[str, tuple[str, Any]]] = {  # name -> kind -> (file, config)
    "16k": {"vae": ("v1-16.pth", VAE_16K), "vocoder": ("best_netG.pt", BIGVGAN_16K)},
    "44k": {"vae": ("v1-44.pth", VAE_44K), "vocoder": ("bigvgan_generator.pt", BIGVGAN_44K)},
    "kling": {
        "vae": ("vae.safetensors", VAE_KLING),
        "vocoder": ("vocoder.safetensors", BIGVGAN_44K),
        "stereo": ("stereo.safetensors", STEREO_KLING),
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", help="default: the best there is")
    options = parser.parse_args()
    device = checked_device(options.device)
    for name, parts in CODECS.items():
        write(options.folder / name, parts)
    models = [SMALL.name, *(str(options.folder / name) for name in CODECS)]
    result = evaluate_codecs({model: partial(open_codec, model, device) for model in models}, [], device)
    print(f"{described()}, on {device}\n\n{codec_table(result)}")


def write(folder: Path, parts: Mapping[str, tuple[str, Any]]) -> None:
    """Those of a codec's files that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, (name, config) in parts.items():
        path = folder / name
        if path.exists():
            continue
        state = filled(KINDS[kind].build(config))
        if path.suffix == ".safetensors":
            save_own(path, state, kind, config)
        else:
            with whole_file(path) as draft:
                torch.save(public_vocoder(state) if kind == "vocoder" else state, draft)


def public_vocoder(state: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """As BigVGAN's files have it: each weight as its rows' length and itself, below "generator"."""
    split: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if name.endswith(".weight"):
            split[f"{name}_g"] = torch.linalg.vector_norm(tensor, dim=(1, 2), keepdim=True)
            split[f"{name}_v"] = tensor
        else:
            split[name] = tensor
    return {"generator": split}


if __name__ == "__main__":
    main()
