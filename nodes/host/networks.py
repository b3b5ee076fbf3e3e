"""From a loader's choice (an entry of its list, or a path) to a network under the host's care.

Files are recognised by their tensors; one of the wrong kind is refused with the name of what is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...kling_foley_core.checkpoints import load_network, recognise
from ...kling_foley_core.codec import FoleyCodec, LogMel
from ...kling_foley_core.codec.presets import MELS
from ...kling_foley_core.encoders.text.byte_tokenizer import ByteTokenizer
from ...kling_foley_core.encoders.text.t5 import T5TextConfig
from ...kling_foley_core.encoders.text.t5_tokenizer import T5Tokenizer
from ...kling_foley_core.systems.compatibility import Source, check_fit
from ...kling_foley_core.systems.search import SMALL_NAME
from ...kling_foley_core.weights import BUILT_IN
from .flow_model import load_model
from .folders import weight_path
from .patcher import HostedNetwork, Place, codec_place, encoder_place, host_layers
from .precision import AUTO

SMALL_CHOICE = SMALL_NAME
IN_CODEC = "in the codec's file"
Choice = str | Path


def hosted_model(choice: Choice, precision: str = AUTO) -> Any:
    """The MODEL."""
    path = file_of(choice, "diffusion_models")
    network = load_network(path, "mmdit")  # in the file's own number type
    return load_model(source_of(path, network.config), network.state_dict(), precision)


def hosted_text_encoder(choice: Choice, precision: str = AUTO) -> HostedNetwork:
    """T5 or CLIP's text tower, whichever the file holds."""
    place = encoder_place(precision)
    path = file_of(choice, "text_encoders", "clip_vision")
    kind = "t5" if holds_t5(path) else "clip_text"
    network = load_network(path, kind, **host_layers(place))
    if kind == "t5" and network.config.vocabulary != ByteTokenizer.vocabulary:
        network.tokenizer = T5Tokenizer(path.with_name("tokenizer.json"))
    return HostedNetwork(network, place, source_of(path, network.config))


def holds_t5(path: Path) -> bool:
    found = recognise(path).config
    return any(isinstance(c, T5TextConfig) for c in (found.values() if isinstance(found, dict) else [found]))


def hosted_visual_encoder(choice: Choice, precision: str = AUTO) -> HostedNetwork:
    return one_network(choice, "clip_visual", encoder_place(precision), "clip_vision")


def hosted_sync_encoder(choice: Choice, precision: str = AUTO) -> HostedNetwork:
    return one_network(choice, "synchformer", encoder_place(precision))


def hosted_stereo(choice: Choice) -> HostedNetwork:
    return one_network(choice, "stereo", codec_place())


def hosted_codec(choice: Choice, vocoder_choice: Choice) -> HostedNetwork:
    """VAE and vocoder under one patcher; the mel between them follows from the VAE's bands."""
    place = codec_place()
    path = file_of(choice, "vae")
    vocoder_path = path if vocoder_choice == IN_CODEC else file_of(vocoder_choice, "vae")
    vae = load_network(path, "vae", **host_layers(place))
    vocoder = load_network(vocoder_path, "vocoder", **host_layers(place))
    source = source_of(path, vae.config)
    check_fit(vae=source, vocoder=source_of(vocoder_path, vocoder.config))
    codec = FoleyCodec(LogMel(MELS[vae.config.n_mels]), vae, vocoder, dtype=place.compute)
    return HostedNetwork(codec, place, source)


def one_network(choice: Choice, kind: str, place: Place, *folders: str) -> HostedNetwork:
    """The network of `kind` that the choice's file holds."""
    path = file_of(choice, *folders)
    network = load_network(path, kind, **host_layers(place))
    return HostedNetwork(network, place, source_of(path, network.config))


def file_of(choice: Choice, *folders: str) -> Path:
    """The built-in model's file, a path as it is, or the file of this name in our folders and the host's
    `folders`."""
    if isinstance(choice, Path):
        return choice
    return BUILT_IN if choice == SMALL_CHOICE else Path(weight_path(choice, *folders))


def source_of(path: Path, config: Any) -> Source:
    return Source(SMALL_NAME if path == BUILT_IN else path.name, config)
