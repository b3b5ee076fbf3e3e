"""From a loader's choice to a network under the host's care: a file, or the small untrained preset.

Files are recognised by their tensors; one of the wrong kind is refused with the name of what is needed.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ...kling_foley_core import assembly
from ...kling_foley_core.assembly import MELS
from ...kling_foley_core.checkpoints import load_network, recognise
from ...kling_foley_core.codec import FoleyCodec, LogMel
from ...kling_foley_core.encoders.text.byte_tokenizer import ByteTokenizer
from ...kling_foley_core.encoders.text.t5 import T5TextConfig
from ...kling_foley_core.encoders.text.t5_tokenizer import T5Tokenizer
from ...kling_foley_core.errors import InputError
from ...kling_foley_core.presets import SMALL
from .flow_model import load_model
from .folders import weight_path
from .patcher import HostedNetwork, Place, codec_place, encoder_place, host_layers

UNTRAINED = "small (random weights, untrained)"
IN_CODEC = "in the codec's file"
MEL_BANDS = " and ".join(map(str, MELS))

log = logging.getLogger(__name__)


def hosted_model(choice: str) -> Any:
    """The MODEL."""
    if choice == UNTRAINED:
        return load_model(SMALL.generator, random_state("generator"))
    network = load_network(weight_path(choice, "diffusion_models"), "mmdit")  # in the file's own number type
    return load_model(network.config, network.state_dict())


def hosted_text_encoder(choice: str) -> HostedNetwork:
    """T5 or CLIP's text tower, whichever the file holds."""
    place = encoder_place()
    if choice == UNTRAINED:
        return HostedNetwork(untrained("text", place), place)
    path = weight_path(choice, "text_encoders", "clip_vision")
    kind = "t5" if holds_t5(path) else "clip_text"
    network = load_network(path, kind, **host_layers(place))
    if kind == "t5" and network.config.vocabulary != ByteTokenizer.vocabulary:
        network.tokenizer = T5Tokenizer(Path(path).with_name("tokenizer.json"))
    return HostedNetwork(network, place)


def holds_t5(path: str) -> bool:
    found = recognise(path).config
    return any(isinstance(c, T5TextConfig) for c in (found.values() if isinstance(found, dict) else [found]))


def hosted_visual_encoder(choice: str) -> HostedNetwork:
    return one_network(choice, "visual", "clip_visual", encoder_place(), "clip_vision")


def hosted_sync_encoder(choice: str) -> HostedNetwork:
    return one_network(choice, "sync", "synchformer", encoder_place())


def hosted_stereo(choice: str) -> HostedNetwork:
    return one_network(choice, "stereo", "stereo", codec_place())


def hosted_codec(choice: str, vocoder_choice: str) -> HostedNetwork:
    """VAE and vocoder under one patcher; the mel between them follows from the VAE's bands."""
    place = codec_place()
    if choice == UNTRAINED:
        vae, vocoder = (untrained(part, place) for part in ("vae", "vocoder"))
    else:
        path = weight_path(choice, "vae")
        vocoder_path = path if vocoder_choice == IN_CODEC else weight_path(vocoder_choice, "vae")
        vae = load_network(path, "vae", **host_layers(place))
        vocoder = load_network(vocoder_path, "vocoder", **host_layers(place))
    codec = FoleyCodec(log_mel_for(vae), vae, vocoder, dtype=place.compute)
    return HostedNetwork(codec, place)


def one_network(choice: str, part: str, kind: str, place: Place, *folders: str) -> HostedNetwork:
    """A file with a network of `kind`, or the small preset's `part`."""
    if choice == UNTRAINED:
        return HostedNetwork(untrained(part, place), place)
    return HostedNetwork(load_network(weight_path(choice, *folders), kind, **host_layers(place)), place)


def untrained(part: str, place: Place) -> nn.Module:
    """One network of the small preset, with the library's own seeded random weights, in the host's layers."""
    state = random_state(part)  # by torch.nn: the host's layers start with whatever lies in memory
    network = assembly.untrained(SMALL, part, **host_layers(place))
    network.load_state_dict(state, strict=True)
    return network


def random_state(part: str) -> dict[str, Tensor]:
    log.warning("Kling-Foley: the %s is UNTRAINED (random weights): what you hear is noise.", part)
    return assembly.untrained(SMALL, part).state_dict()


def log_mel_for(vae: nn.Module) -> LogMel:
    if vae.config.n_mels not in MELS:
        raise InputError(
            f"codec: its mel has {vae.config.n_mels} bands; VAEs with {MEL_BANDS} bands are known."
        )
    return LogMel(MELS[vae.config.n_mels])
