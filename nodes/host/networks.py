"""From a loader's choice to a network under the host's care: the built-in model's, or a file's.

Files are recognised by their tensors; one of the wrong kind is refused with the name of what is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from ...kling_foley_core.assembly import MELS
from ...kling_foley_core.checkpoints import load_network, recognise
from ...kling_foley_core.codec import FoleyCodec, LogMel
from ...kling_foley_core.encoders.text.byte_tokenizer import ByteTokenizer
from ...kling_foley_core.encoders.text.t5 import T5TextConfig
from ...kling_foley_core.encoders.text.t5_tokenizer import T5Tokenizer
from ...kling_foley_core.errors import InputError
from ...kling_foley_core.weights import BUILT_IN
from .flow_model import load_model
from .folders import weight_path
from .patcher import HostedNetwork, Place, codec_place, encoder_place, host_layers

SMALL_CHOICE = "small (built in)"
IN_CODEC = "in the codec's file"
MEL_BANDS = " and ".join(map(str, MELS))


def hosted_model(choice: str) -> Any:
    """The MODEL."""
    network = load_network(file_of(choice, "diffusion_models"), "mmdit")  # in the file's own number type
    return load_model(network.config, network.state_dict())


def hosted_text_encoder(choice: str) -> HostedNetwork:
    """T5 or CLIP's text tower, whichever the file holds."""
    place = encoder_place()
    path = file_of(choice, "text_encoders", "clip_vision")
    kind = "t5" if holds_t5(path) else "clip_text"
    network = load_network(path, kind, **host_layers(place))
    if kind == "t5" and network.config.vocabulary != ByteTokenizer.vocabulary:
        network.tokenizer = T5Tokenizer(path.with_name("tokenizer.json"))
    return HostedNetwork(network, place)


def holds_t5(path: Path) -> bool:
    found = recognise(path).config
    return any(isinstance(c, T5TextConfig) for c in (found.values() if isinstance(found, dict) else [found]))


def hosted_visual_encoder(choice: str) -> HostedNetwork:
    return one_network(choice, "clip_visual", encoder_place(), "clip_vision")


def hosted_sync_encoder(choice: str) -> HostedNetwork:
    return one_network(choice, "synchformer", encoder_place())


def hosted_stereo(choice: str) -> HostedNetwork:
    return one_network(choice, "stereo", codec_place())


def hosted_codec(choice: str, vocoder_choice: str) -> HostedNetwork:
    """VAE and vocoder under one patcher; the mel between them follows from the VAE's bands."""
    place = codec_place()
    path = file_of(choice, "vae")
    vocoder_path = path if vocoder_choice == IN_CODEC else file_of(vocoder_choice, "vae")
    vae = load_network(path, "vae", **host_layers(place))
    vocoder = load_network(vocoder_path, "vocoder", **host_layers(place))
    codec = FoleyCodec(log_mel_for(vae), vae, vocoder, dtype=place.compute)
    return HostedNetwork(codec, place)


def one_network(choice: str, kind: str, place: Place, *folders: str) -> HostedNetwork:
    """The network of `kind` that the choice's file holds."""
    return HostedNetwork(load_network(file_of(choice, *folders), kind, **host_layers(place)), place)


def file_of(choice: str, *folders: str) -> Path:
    """The built-in model's file, or the one of this name in our folders and the host's `folders`."""
    return BUILT_IN if choice == SMALL_CHOICE else Path(weight_path(choice, *folders))


def log_mel_for(vae: nn.Module) -> LogMel:
    if vae.config.n_mels not in MELS:
        raise InputError(
            f"codec: its mel has {vae.config.n_mels} bands; choose a VAE with {MEL_BANDS} bands."
        )
    return LogMel(MELS[vae.config.n_mels])
