"""The feature networks there are: the file that holds each, how it is recognised, and what it judges.

Nothing here downloads anything. A row's module says which code it equals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from .clap.laion import is_laion_clap, laion_tokens, load_laion_clap, other_laion_clap
from .clap.microsoft import is_ms_clap, load_ms_clap, ms_tokens, other_ms_clap
from .feature_network import FeatureNetwork
from .imagebind import file as imagebind
from .panns import is_panns, load_panns, other_panns
from .passt import is_passt, load_passt, other_passt
from .silero.features import load_silero
from .synchformer import file as synchformer
from .vggish import is_vggish, load_vggish, other_vggish
from .weights import Shapes
from .yamnet.features import load_yamnet


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
    tokens: Callable[[Path], str] = lambda path: ""  # digits of the list of tokens beside that file


# fmt: off
_KINDS: tuple[NetworkKind, ...] = (
    NetworkKind("panns", "PANNs Cnn14 16 kHz", "Cnn14_16k_mAP=0.438.pth",
                "Kong et al., Zenodo record 3987831", "FD_PANNs, KL_PANNs, IS_PANNs and KID_PANNs",
                is_panns, load_panns, other_panns),
    NetworkKind("vggish", "VGGish", "vggish-10086976.pth",
                "harritaylor/torchvggish on GitHub, release v0.1", "FD_VGG",
                is_vggish, load_vggish, other_vggish),
    NetworkKind("passt", "PaSST", "passt-s-f128-p16-s10-ap.476-swa.pt",
                "kkoutini/PaSST on GitHub, release v0.0.1-audioset",
                "FD_PaSST, KL_PaSST, IS_PaSST and KID_PaSST",
                is_passt, load_passt, other_passt),
    NetworkKind("imagebind", "ImageBind-huge", "imagebind_huge.pth",
                "linked by the readme of facebookresearch/ImageBind; CC BY-NC-SA 4.0, no commercial use",
                "IB-score", imagebind.recognise, imagebind.load),
    NetworkKind("synchformer", "Synchformer (whole)", "synchformer_state_dict.pth",
                "hkchengrex/MMAudio, ext_weights/", "DeSync",
                synchformer.recognise, synchformer.load, synchformer.instead),
    NetworkKind("yamnet", "YAMNet", "", "it is built in",
                "FAD_YAMNet, KL_YAMNet, IS_YAMNet and agreement_YAMNet", lambda shapes: False, load_yamnet),
    NetworkKind("silero", "Silero VAD", "", "it is built in", "speech", lambda shapes: False, load_silero),
    NetworkKind("laion_clap", "LAION-CLAP", "music_speech_audioset_epoch_15_esc_89.98.pt",
                "hub repository lukewys/laion_clap", "CLAP_LAION",
                is_laion_clap, load_laion_clap, other_laion_clap, laion_tokens),
    NetworkKind("ms_clap", "MS-CLAP 2023", "CLAP_weights_2023.pth",
                "hub repository microsoft/msclap", "CLAP_MS",
                is_ms_clap, load_ms_clap, other_ms_clap, ms_tokens),
)
# fmt: on

NETWORKS: dict[str, NetworkKind] = {kind.name: kind for kind in _KINDS}
