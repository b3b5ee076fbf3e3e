"""The codec of a model, with its stereo renderer where it has one; nothing else of the model need be there.

`model`: "small" (built in); a folder with one codec below it; or a file of a codec, or of a model, beside
which the rest lies. Networks are recognised by their tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ...checkpoints import load_network
from ...checkpoints.catalogue import advice
from ...checkpoints.finding import weight_files
from ...checkpoints.scan import Network, scan
from ...codec import FoleyCodec
from ...errors import InputError
from ...presets import SMALL
from ...stereo import StereoRenderer
from ...systems.compatibility import WHAT, fits
from ...systems.search import System
from ...systems.staged import codec_of
from ...weights import BUILT_IN

SHOWN = 12  # files quoted in a message


@dataclass(frozen=True)
class CodecParts:
    codec: FoleyCodec
    stereo: StereoRenderer | None


def open_codec(model: str | Path, device: torch.device) -> CodecParts:
    """In float32, as it is used."""
    system = codec_system(model)

    def load(part: str, **half: bool) -> Any:
        network = system.parts[part]
        return load_network(network.path, network.kind, device=device, dtype=torch.float32, **half)

    codec = codec_of(system, load, encoder=True)
    return CodecParts(codec, load("stereo") if "stereo" in system.parts else None)


def codec_system(model: str | Path) -> System:
    """Its files, by their headers. InputError where a part is missing, or several could be meant."""
    path = BUILT_IN if str(model) == SMALL.name else Path(model)
    if not path.exists():
        raise InputError(f"--model {model}: neither small nor a file nor a folder; give one of them.")
    files = weight_files(path if path.is_dir() else path.parent, below=path.is_dir()).files
    networks, refused = scan(dict.fromkeys([*([] if path.is_dir() else [path]), *files]))
    vae = _one(model, "vae", [n for n in networks if n.kind == "vae"], path, refused)
    fitting = {
        part: [n for n in networks if n.kind == part and fits(part, n.config, vae=vae.config)]
        for part in ("vocoder", "stereo")
    }
    parts = {"vae": vae, "vocoder": _one(model, "vocoder", fitting["vocoder"], vae.path, refused)}
    if fitting["stereo"]:
        parts["stereo"] = _one(model, "stereo", fitting["stereo"], vae.path, refused)
    return System(str(model), parts, {})


def _one(
    model: str | Path, part: str, found: list[Network], likelier: Path, refused: Sequence[str]
) -> Network:
    """Of several that differ, the one in the file that is likelier. `refused`: what is wrong with files that
    hold no network."""
    if not found:
        more = [f"  Not used: {len(refused) - SHOWN} more files."] if len(refused) > SHOWN else []
        raise InputError(
            f"--model {model}: no {WHAT[part]} is there. {advice(part)}",
            *(f"  Not used: {sentence}" for sentence in refused[:SHOWN]),
            *more,
        )
    found = [n for n in found if n.path == likelier] or found
    if len({n.config for n in found}) > 1:
        names = ", ".join(dict.fromkeys(n.path.name for n in found))
        raise InputError(f"--model {model}: several {WHAT[part]}s are there ({names}); give the file of one.")
    return found[0]
