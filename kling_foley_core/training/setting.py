"""The parts that can be trained, and what a training is given besides its recipe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..progress import Progress

# Each is a module here with build(recipe_path, Setting) -> (Trainer, Run).
PARTS = ("codec", "vocoder", "encoders", "generator", "stereo")
STARTABLE = PARTS[2:]  # begin with given weights; codec and vocoder have stages that begin from nothing


@dataclass(frozen=True)
class Setting:
    """What a training is given besides its recipe."""

    cache: Path  # for data that can be made again
    device: object  # torch.device
    given: dict[
        str, Path
    ]  # kind of network ("vae", "t5", "synchformer", ...) -> the weight file that holds it
    start: dict[str, Path]  # the same, of the weights that the training begins with; none: at random
    progress: Progress

    def need(self, kind: str, made_by: str) -> Path:
        """The file of a network this part builds on."""
        if kind not in self.given:
            raise InputError(
                f"--with: this part builds on a {kind}; give the file that `train {made_by}` wrote."
            )
        return self.given[kind]
