"""The feature networks there are: the file that holds each, how it is recognised, and what it judges.

Nothing here downloads anything. A row's module says which code it equals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from .feature_network import FeatureNetwork
from .imagebind import file as imagebind
from .synchformer import file as synchformer

Shapes = Mapping[str, tuple[int, ...]]  # of a file's tensors, by their names


@dataclass(frozen=True)
class NetworkKind:
    """`file` is empty for a network that comes with this package."""

    name: str
    heading: str
    file: str  # as its authors publish it
    where: str  # who publishes it, for the error that says what is missing
    judges: str  # the measures that need it
    recognise: Callable[[Shapes], bool]
    load: Callable[[Path, torch.device], FeatureNetwork]
    instead: Callable[[Shapes], str] = lambda shapes: ""  # what a file of a relative is: "Cnn14 for 32 kHz"


# fmt: off
_KINDS: tuple[NetworkKind, ...] = (
    NetworkKind("imagebind", "ImageBind-huge", "imagebind_huge.pth",
                "linked by the readme of facebookresearch/ImageBind; CC BY-NC-SA 4.0, no commercial use",
                "IB-score", imagebind.recognise, imagebind.load),
    NetworkKind("synchformer", "Synchformer (whole)", "synchformer_state_dict.pth",
                "hkchengrex/MMAudio, ext_weights/", "DeSync",
                synchformer.recognise, synchformer.load, synchformer.instead),
)
# fmt: on

NETWORKS: dict[str, NetworkKind] = {kind.name: kind for kind in _KINDS}
