"""All parts of a trained model in one file, as it is shipped: `kling-foley train` makes the parts, this
joins them.

Networks that run in any number type are stored in float16; what must stay float32 (statistics, and weights
beyond float16's range) stays. The file loads through `FoleyPipeline.from_pretrained(FILE or its folder)`.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from ..checkpoints import load_network, recognise, save_bundle
from ..errors import InputError

# Kind of network -> its name in the file.
PARTS = {
    "mmdit": "generator",
    "t5": "text",
    "clip_visual": "visual",
    "synchformer": "sync",
    "vae": "vae",
    "vocoder": "vocoder",
    "stereo": "stereo",
}
FLOAT32 = ("latent_mean", "latent_std", "data_mean", "data_std")  # statistics
LARGEST = torch.finfo(torch.float16).max


def write_bundle(files: list[Path], path: Path) -> None:
    """`files`: one for every kind of part. Raises InputError where one is missing or there are two."""
    sources: dict[str, Path] = {}
    for file in files:
        kind = recognise(file).kind
        if kind not in PARTS or kind in sources:
            raise InputError(f"{file} is a {kind}: give one file for each of {', '.join(PARTS)}.")
        sources[kind] = file
    missing = [kind for kind in PARTS if kind not in sources]
    if missing:
        raise InputError(f"a whole model needs a {', a '.join(missing)} too; `kling-foley train` makes them.")
    networks = {}
    for kind, name in PARTS.items():
        network = load_network(sources[kind], kind, dtype=torch.float32)
        networks[name] = (kind, {n: stored(n, t) for n, t in network.state_dict().items()}, network.config)
    save_bundle(path, networks)


def stored(name: str, tensor: Tensor) -> Tensor:
    """In float16 where that harms nothing."""
    if not tensor.is_floating_point() or name in FLOAT32 or tensor.abs().max() > LARGEST:
        return tensor
    return tensor.half()
