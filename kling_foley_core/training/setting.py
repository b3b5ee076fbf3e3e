"""The parts that can be trained, and what a training is given besides its recipe."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..progress import Progress

if TYPE_CHECKING:
    import torch
    from accelerate import Accelerator

    from ..data.shards import Shards
    from ..presets import Preset

# Each is a module in parts/ with build(recipe.Source, Setting) -> (Trainer, Run).
PARTS = ("codec", "vocoder", "encoders", "generator", "stereo")


@dataclass(frozen=True)
class Setting:
    """What a training is given besides its recipe."""

    preset: Preset  # the shapes of everything
    data: tuple[Path, ...]  # folders of shards
    out: Path
    accelerator: Accelerator
    given: dict[str, Path]  # kind of network ("vae", "t5", ...) -> the weight file that holds it
    start: dict[str, Path]  # the same, of the weights that the training begins with; none: at random
    progress: Progress

    @property
    def device(self) -> torch.device:
        return self.accelerator.device

    def need(self, kind: str, made_by: str) -> Path:
        """The file of a network this part builds on."""
        if kind not in self.given:
            raise InputError(
                f"--with: this part builds on a {kind}; give the file that `train {made_by}` wrote."
            )
        return self.given[kind]

    def shards(self, split: str, needs: Sequence[str]) -> Shards:
        """The samples of a split, "train" or "held_out", that have the arrays the part `needs`."""
        if not self.data:
            raise InputError(
                "--data: this part learns from shards; give folders that `kling-foley data extract` or "
                "`kling-foley world --shards` wrote."
            )
        from ..data.shards import Shards

        return Shards(self.data, split, needs=needs)

    def check_networks(self, shards: Shards) -> None:
        """Raises InputError where the shards were made by other networks than those of --with or --start."""
        from ..checkpoints import digest_of_file
        from ..data.shards.networks import PART_OF, check_networks

        for files in (self.given, self.start):
            wanted = {kind: digest_of_file(file, kind) for kind, file in files.items() if kind in PART_OF}
            check_networks(shards.header, wanted, " ".join(map(str, self.data)))

    def needs(self) -> dict[str, str]:
        """What a resumed run must find again: names, or digits that change with the contents."""
        from ..data.shards import Shards

        digits = {f"--with {kind}": _digits(file) for kind, file in self.given.items()}
        digits |= {f"--start {kind}": _digits(file) for kind, file in self.start.items()}
        if self.data:
            shards = Shards(self.data)
            digits |= {f"{kind} of --data": digest for kind, digest in shards.header.networks.items()}
            samples = zlib.crc32("\n".join(e.id for e in shards.entries).encode())
            digits["set of samples in --data"] = f"{len(shards)} samples, {samples:08x}"
        return {"--preset": self.preset.name, **digits}


def _digits(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while part := content.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()[:12]
