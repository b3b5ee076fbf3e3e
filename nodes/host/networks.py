"""From a loader's choice to a network under the host's care: a file, or the small untrained preset.

Files are recognised by their tensors; one of the wrong kind is refused with the name of what is needed.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...kling_foley_core.checkpoints import load_network, load_state, recognise
from ...kling_foley_core.checkpoints.kinds import KINDS
from ...kling_foley_core.codec import FoleyCodec, LogMel, MelConfig
from ...kling_foley_core.codec.presets import MEL_16K, MEL_44K
from ...kling_foley_core.errors import InputError
from ...kling_foley_core.presets import SMALL
from .flow_model import load_model
from .folders import weight_path
from .patcher import HostedNetwork, Place, codec_place, encoder_place, host_layers

UNTRAINED = "small (random weights, untrained)"
IN_CODEC = "in the codec's file"
SEED = 0  # of the untrained weights: the same noise on every machine

log = logging.getLogger(__name__)


def hosted_model(choice: str) -> Any:
    """The MODEL."""
    if choice == UNTRAINED:
        return load_model(SMALL.generator, random_state("mmdit", SMALL.generator))
    report, state = load_state(weight_path(choice, "diffusion_models"))
    if report.kind != "mmdit":
        raise InputError(
            f"model: {choice} is {report.kind} ({report.variant}); choose a flow network's file."
        )
    return load_model(report.config, state)


def hosted_text_encoder(choice: str) -> HostedNetwork:
    """T5 or CLIP's text tower, whichever the file holds."""
    place = encoder_place()
    if choice == UNTRAINED:
        return HostedNetwork(untrained("t5", SMALL.text, place), place)
    path = weight_path(choice, "text_encoders", "clip_vision")
    kind = "t5" if recognise(path).kind == "t5" else "clip_text"
    network = load_network(path, kind, **host_layers(place))
    if kind == "t5":
        use_sentencepiece(network, path)
    return HostedNetwork(network, place)


def hosted_visual_encoder(choice: str) -> HostedNetwork:
    return one_network(choice, "clip_visual", SMALL.visual, encoder_place(), "clip_vision")


def hosted_sync_encoder(choice: str) -> HostedNetwork:
    return one_network(choice, "synchformer", SMALL.sync, encoder_place())


def hosted_stereo(choice: str) -> HostedNetwork:
    return one_network(choice, "stereo", SMALL.stereo, codec_place())


def hosted_codec(choice: str, vocoder_choice: str) -> HostedNetwork:
    """VAE and vocoder under one patcher; the mel between them follows from the VAE's bands."""
    place = codec_place()
    if choice == UNTRAINED:
        vae, vocoder = (untrained(k, c, place) for k, c in (("vae", SMALL.vae), ("vocoder", SMALL.vocoder)))
    else:
        path = weight_path(choice, "vae")
        vocoder_path = path if vocoder_choice == IN_CODEC else weight_path(vocoder_choice, "vae")
        vae = load_network(path, "vae", **host_layers(place))
        vocoder = load_network(vocoder_path, "vocoder", **host_layers(place))
    codec = FoleyCodec(LogMel(mel_of(vae)), vae, vocoder, dtype=place.compute)
    return HostedNetwork(codec, place)


def one_network(choice: str, kind: str, small: Any, place: Place, *folders: str) -> HostedNetwork:
    """A file that holds one network of `kind`, or the untrained one of the size `small`."""
    if choice == UNTRAINED:
        return HostedNetwork(untrained(kind, small, place), place)
    return HostedNetwork(load_network(weight_path(choice, *folders), kind, **host_layers(place)), place)


def untrained(kind: str, config: Any, place: Place) -> nn.Module:
    """The network with seeded random weights, in the host's layers."""
    network = KINDS[kind].build(config, **host_layers(place))
    network.load_state_dict(random_state(kind, config), strict=True)
    return network


def random_state(kind: str, config: Any) -> dict[str, Tensor]:
    """Weights as torch.nn starts them; the host's layers start with whatever lies in memory."""
    log.warning(
        "Kling-Foley: the %s is the small preset with RANDOM, UNTRAINED weights: it makes noise.", kind
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return KINDS[kind].build(config, device="cpu", dtype=torch.float32).state_dict()


def mel_of(vae: nn.Module) -> MelConfig:
    mels = {config.n_mels: config for config in (MEL_16K, MEL_44K)}
    if vae.config.n_mels not in mels:
        raise InputError(
            f"codec: its mel has {vae.config.n_mels} bands; VAEs with {sorted(mels)} bands are known."
        )
    return mels[vae.config.n_mels]


def use_sentencepiece(network: nn.Module, path: str) -> None:
    """A public T5 reads SentencePiece ids; our small one reads bytes and keeps its tokenizer."""
    from ...kling_foley_core.encoders.text.t5_tokenizer import T5Tokenizer

    if network.config.vocabulary > network.tokenizer.vocabulary:
        network.tokenizer = T5Tokenizer(Path(path).with_name("tokenizer.json"))
