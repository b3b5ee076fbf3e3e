"""The frozen networks whose outputs the shards hold: visual, sync and text encoder, and the codec's VAE.

They need no flow network beside them: encoders and codec that were just trained extract what the generator is
then trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from ...checkpoints import digest_of, load_network
from ...checkpoints.finding import weight_files
from ...checkpoints.scan import Network, scan
from ...codec import LogMel, MelVAE
from ...codec.presets import LEARNED_DB, MELS
from ...errors import InputError
from ...presets import SMALL
from ...progress import Progress, silent
from ...systems.compatibility import WHAT
from ...systems.search import KINDS_OF, system_of
from ...weights import BUILT_IN

NEEDED = ("vae", "text", "visual", "sync")


@dataclass(frozen=True)
class FrozenNetworks:
    """`digests`: kind -> digits that change with the weights."""

    visual: nn.Module
    sync: nn.Module
    text: nn.Module
    mel: LogMel
    vae: MelVAE
    digests: dict[str, str]
    device: torch.device

    @property
    def every_frame(self) -> bool:
        """Whether the sync encoder gives a vector for every frame, which crops can begin at."""
        return hasattr(self.sync, "every_frame")

    @property
    def learned_db(self) -> float | None:
        """RMS in dBFS of the middle sound that the VAE learned; None: it takes any level."""
        return LEARNED_DB.get(self.vae.config)


def frozen_networks(
    sources: Sequence[Path],
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    progress: Progress = silent,
) -> FrozenNetworks:
    """`sources`: "small", a folder (and all below it), a file of a whole system, or several files and folders
    that hold the parts. Encoders run in `dtype`, the VAE in float32. Raises InputError naming all that is
    missing or that there are several of."""
    parts = _parts([BUILT_IN if str(s) == SMALL.name else Path(s) for s in sources], progress)
    loaded, digests = {}, {}
    for done, name in enumerate(NEEDED, 1):
        file = parts[name]
        network = load_network(file.path, file.kind, dtype=torch.float32)
        digests[file.kind] = digest_of(file.kind, network)
        loaded[name] = network.to(device, torch.float32 if name == "vae" else dtype)
        progress("loading networks", done, len(NEEDED))
    mel = LogMel(MELS[loaded["vae"].config.n_mels])
    return FrozenNetworks(**loaded, mel=mel, digests=digests, device=device)


def _parts(sources: list[Path], progress: Progress) -> dict[str, Network]:
    networks, refused = scan(_files(sources), progress=progress)
    named = " ".join(map(str, sources))
    flow = [n for n in networks if n.kind == "mmdit"]
    if len(flow) > 1:
        files = ", ".join(n.path.name for n in flow)
        raise InputError(f"--model {named}: {len(flow)} flow networks are there ({files}); name one's files.")
    if flow:
        system = system_of(flow[0], networks, named)
        parts, missing = system.parts, {n: s for n, s in system.missing.items() if n in NEEDED}
    else:
        parts, missing = _alone(networks)
    if missing:
        raise InputError(
            f"--model {named}: {len(missing)} part(s) can't be told:",
            *(f"  {sentence}" for sentence in missing.values()),
            *(f"  Not used: {sentence}" for sentence in refused),
        )
    return parts


def _files(sources: list[Path]) -> list[Path]:
    files: dict[Path, None] = {}
    for source in sources:
        if source.is_dir():
            files |= dict.fromkeys(weight_files(source).files)
        elif source.is_file():
            files[source] = None
        else:
            raise InputError(
                f"--model {source}: neither small nor none nor a file nor a folder; give one of them."
            )
    return list(files)


def _alone(networks: list[Network]) -> tuple[dict[str, Network], dict[str, str]]:
    """Without a flow network to fit: the one network of each part."""
    parts, missing = {}, {}
    for part in NEEDED:
        found = [n for n in networks if n.kind in KINDS_OF[part]]
        if len(found) == 1:
            parts[part] = found[0]
        elif found:
            names = ", ".join(n.path.name for n in found)
            missing[part] = f"{WHAT[part]}: there are several ({names}); name one."
        else:
            missing[part] = f"{WHAT[part]}: there is none; add its file or folder to --model."
    return parts, missing
