"""MMAudio's own networks and functions, imported from a checkout that the user brings, with weights from the
files of weights.py. Nothing is downloaded.

Only here the checkout's folder is put on sys.path. What is called is what its demo calls:
`FeaturesUtils.encode_video_with_clip`, `encode_video_with_sync`, `decode`, `vocode`, `MMAudio.ode_wrapper`,
`FlowMatching.to_data`.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from kling_foley_core.errors import InputError
from kling_foley_core.presets import GUIDANCE

from .weights import Files

NEEDED = {  # module -> what pip installs it by
    "open_clip": "open_clip_torch",
    "torchdiffeq": "torchdiffeq",
    "colorlog": "colorlog",
    "librosa": "librosa",
    "omegaconf": "omegaconf",
    "timm": "timm",
    "torchvision": "torchvision",
    "requests": "requests",
    "huggingface_hub": "huggingface_hub",
}
CLIP = "ViT-H-14-378-quickgelu"  # open_clip's name of DFN5B's network
BATCH = 40  # frames and segments that MMAudio's generate() encodes at once
FILLING = ("normal_", "uniform_", "kaiming_uniform_", "xavier_uniform_", "xavier_normal_", "erfinv_")


def use_checkout(folder: Path) -> None:
    """Puts `folder` on sys.path; InputError where it is no checkout or packages are missing."""
    if not (folder / "mmaudio" / "model" / "networks.py").is_file():
        raise InputError(
            f"--reference {folder}: there is no mmaudio/model/networks.py in it; give a checkout of "
            "https://github.com/hkchengrex/MMAudio."
        )
    missing = [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise InputError(
            f"--reference {folder}: MMAudio's code needs packages that are not installed: "
            f"pip install {' '.join(missing)}"
        )
    sys.path.insert(0, str(folder))


class Unfilled(TorchFunctionMode):
    """Networks made under it keep whatever is in memory for weights: files replace it."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__name__", "") in FILLING:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


def made(part: str, model: str) -> nn.Module:
    """A network of "clip", "sync", "vae", "vocoder" or "flow" without weights."""
    logging.getLogger().setLevel(logging.ERROR)  # open_clip warns of the missing weights
    with Unfilled():
        return _MAKERS[part](model).eval()


def _clip(model: str) -> nn.Module:
    import open_clip
    from mmaudio.model.utils.features_utils import patch_clip

    return patch_clip(open_clip.create_model(CLIP, pretrained=None))


def _sync(model: str) -> nn.Module:
    from mmaudio.ext.synchformer import Synchformer

    return Synchformer()


def _vae(model: str) -> nn.Module:
    from mmaudio.ext.autoencoder.vae import get_my_vae

    return get_my_vae("44k")


def _vocoder(model: str) -> nn.Module:
    from mmaudio.ext.bigvgan_v2.bigvgan import AttrDict, BigVGAN

    from .weights import bigvgan_config

    return BigVGAN(AttrDict(bigvgan_config()), use_cuda_kernel=False)


def _flow(model: str) -> nn.Module:
    from mmaudio.model.networks import get_my_mmaudio

    return get_my_mmaudio(model)


_MAKERS: dict[str, Callable[[str], nn.Module]] = {
    "clip": _clip,
    "sync": _sync,
    "vae": _vae,
    "vocoder": _vocoder,
    "flow": _flow,
}


def loaded(part: str, files: Files) -> nn.Module:
    """The network with the weights of its file, which stay mapped, so that both sides share them."""
    network = made(part, files.model)
    state = torch.load(files.path(part), mmap=True, weights_only=True)
    nn.Module.load_state_dict(network, state.get("generator", state), assign=True)
    network.requires_grad_(False)
    if part == "vae":
        network.remove_weight_norm()
        del network.encoder
    if part == "vocoder":
        network.remove_weight_norm()
    return network


def stage(name: str, files: Files, given: dict[str, Tensor]) -> Callable[[], Tensor]:
    """The call that is measured, with its network loaded and its inputs ready."""
    with redirect_stdout(sys.stderr):  # BigVGAN prints
        return torch.inference_mode()(_STAGES[name](files, given))


def _clip_stage(files: Files, given: dict[str, Tensor]) -> Callable[[], Tensor]:
    frames, features = given["frames"].float() / 255, _features_utils()
    features.clip_model = loaded("clip", files)
    return lambda: features.encode_video_with_clip(frames, batch_size=BATCH)


def _sync_stage(files: Files, given: dict[str, Tensor]) -> Callable[[], Tensor]:
    frames, features = given["frames"].float() / 255 * 2 - 1, _features_utils()
    features.synchformer = loaded("sync", files)
    return lambda: features.encode_video_with_sync(frames, batch_size=BATCH)


def _features_utils() -> Any:
    from mmaudio.model.utils.features_utils import FeaturesUtils
    from torchvision.transforms import Normalize

    from kling_foley_core.encoders.visual.clip import MEAN, STD

    features = FeaturesUtils(enable_conditions=False)
    features.clip_preprocess = Normalize(mean=MEAN, std=STD)
    return features


def _vae_stage(files: Files, given: dict[str, Tensor]) -> Callable[[], Tensor]:
    vae, latent = loaded("vae", files), given["latent"].transpose(1, 2)
    return lambda: vae.decode(latent)


def _vocoder_stage(files: Files, given: dict[str, Tensor]) -> Callable[[], Tensor]:
    vocoder = loaded("vocoder", files)
    return lambda: vocoder(given["mel"])


def _step_stage(files: Files, given: dict[str, Tensor]) -> Callable[[], Tensor]:
    field = _field(files, given)
    return lambda: field(given["time"], given["noise"])


def _sampling_stage(files: Files, given: dict[str, Tensor]) -> Callable[[], Tensor]:
    from mmaudio.model.flow_matching import FlowMatching

    network = loaded("flow", files)
    flow = FlowMatching(min_sigma=0, inference_mode="euler", num_steps=int(given["steps"]))

    def sampled() -> Tensor:
        return network.unnormalize(flow.to_data(_field(files, given, network), given["noise"]))

    return sampled


@torch.inference_mode()
def _field(files: Files, given: dict[str, Tensor], network: Any = None) -> Callable[[Any, Tensor], Tensor]:
    """The guided velocity of (time, latent), as generate() makes it."""
    network = network or loaded("flow", files)
    visual, sync, text = given["visual"], given["sync"], given["text"]
    network.update_seq_lengths(given["noise"].shape[1], visual.shape[1], sync.shape[1])
    conditions = network.preprocess_conditions(visual, sync, text)
    empty = network.get_empty_conditions(1, negative_text_features=given["negative"])
    return lambda t, x: network.ode_wrapper(t, x, conditions, empty, GUIDANCE)


_STAGES: dict[str, Callable[..., Callable[[], Tensor]]] = {
    "clip": _clip_stage,
    "sync": _sync_stage,
    "step": _step_stage,
    "sampling": _sampling_stage,
    "vae": _vae_stage,
    "vocoder": _vocoder_stage,
}
