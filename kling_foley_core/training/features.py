"""What frozen networks make of the training worlds, computed once, one cache for every network.

    watched   {"sync": float16 [T25, dim]}   every frame's vector (`MotionEncoder.every_frame`), so that crops
                                             can begin anywhere
    looked    {"visual": float16 [T8, dim]}
    read      {"text": float16 [n, dim]}     without padding
    coded     {"latent": float16 [2, L, C]}  mean and deviation of the codec's posterior

Shards of safetensors under DIR/features, one folder for every set of weights, each shard written whole: an
interrupted run goes on, and a new encoder leaves the others' work alone. All of it is small enough for memory
(about 70 kB a scene). Our choice; the paper caches latents too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from ..checkpoints import load_network
from ..codec import MelVAE
from ..codec.presets import MEL_44K
from ..errors import InputError
from ..files.cached import reading, write_sum
from ..files.whole_file import whole_file
from ..progress import Progress, silent
from ..timing import MEL_PER_LATENT, latent_frames
from .setting import Setting
from .worlds import MONO, SHARD, Clip, Worlds


@dataclass(frozen=True)
class Encoders:
    """The frozen encoders of the small model."""

    sync: nn.Module
    visual: nn.Module
    text: nn.Module

    @classmethod
    def given(cls, setting: Setting) -> Encoders:
        kinds = {"sync": "synchformer", "visual": "clip_visual", "text": "t5"}
        return cls(
            **{
                name: load_network(
                    setting.need(kind, "encoders"), kind, device=setting.device, dtype=torch.float32
                )
                for name, kind in kinds.items()
            }
        )


@torch.no_grad()
def watch_clip(clip: Clip, sync: nn.Module) -> dict[str, Tensor]:
    return {"sync": sync.every_frame(clip.sync[None])[0].half()}


@torch.no_grad()
def look_clip(clip: Clip, visual: nn.Module) -> dict[str, Tensor]:
    return {"visual": visual(clip.visual[None])[0].half()}


@torch.no_grad()
def read_clip(clip: Clip, text: nn.Module) -> dict[str, Tensor]:
    tokens = text.encode([clip.caption])[0]
    return {"text": tokens[: int(tokens.any(-1).sum())].half()}


@torch.no_grad()
def code_clip(clip: Clip, vae: MelVAE) -> dict[str, Tensor]:
    """The posterior of one scene's mono sound, as long as the generator's latents; the last frame is held."""
    mel = clip.mels[MONO].float().to(next(vae.parameters()).device)
    frames = MEL_PER_LATENT * latent_frames(clip.seconds, MEL_44K.sampling_rate, MEL_44K.hop)
    posterior = vae.encode(F.pad(mel[None], (0, frames - mel.shape[-1]), mode="replicate"))
    return {"latent": torch.cat([posterior.mean, posterior.std]).transpose(1, 2).half().cpu()}


def cached(
    name: str,
    make: Callable[[Clip], dict[str, Tensor]],
    mark: str,
    worlds: Worlds,
    cache: Path,
    progress: Progress = silent,
) -> list[dict[str, Tensor]]:
    """make(clip) of every scene, from the cache where it is there. `mark` stands for all that `make`
    depends on."""
    folder = cache / "features" / f"{name}-{mark}"
    folder.mkdir(parents=True, exist_ok=True)
    entries: list[dict[str, Tensor]] = []
    for start in range(0, len(worlds), SHARD):
        indices = range(start, min(start + SHARD, len(worlds)))
        path = folder / f"{start:06d}-{len(indices)}.safetensors"
        if not path.exists():
            _write(path, [make(worlds.clip(i)) for i in indices])
        entries += _read(path, len(indices))
        progress(f"features: {name}", indices.stop, len(worlds))
    return entries


def mark_of(worlds: Worlds, *networks: nn.Module) -> str:
    """Twelve digits that change with the scenes, with any weight and with what the weights' config says."""
    digest = hashlib.sha256(worlds.folder.name.encode())
    for network in networks:
        digest.update(repr(getattr(network, "config", None)).encode())
        for name, tensor in network.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:12]


def watched(
    worlds: Worlds, sync: nn.Module, cache: Path, progress: Progress = silent
) -> list[dict[str, Tensor]]:
    mark = mark_of(worlds, sync)
    return cached("watched", lambda clip: watch_clip(clip, sync), mark, worlds, cache, progress)


def looked(
    worlds: Worlds, visual: nn.Module, cache: Path, progress: Progress = silent
) -> list[dict[str, Tensor]]:
    mark = mark_of(worlds, visual)
    return cached("looked", lambda clip: look_clip(clip, visual), mark, worlds, cache, progress)


def read(
    worlds: Worlds, text: nn.Module, cache: Path, progress: Progress = silent
) -> list[dict[str, Tensor]]:
    mark = mark_of(worlds, text)
    return cached("read", lambda clip: read_clip(clip, text), mark, worlds, cache, progress)


def coded(worlds: Worlds, vae: MelVAE, cache: Path, progress: Progress = silent) -> list[dict[str, Tensor]]:
    """Only the encoder's weights count: a codec whose decoder was trained on has the same latents."""
    mark = mark_of(worlds, vae.encoder)
    return cached("coded", lambda clip: code_clip(clip, vae), mark, worlds, cache, progress)


def latent_statistics(entries: list[dict[str, Tensor]]) -> tuple[Tensor, Tensor]:
    """Mean and deviation of the latents over all frames and scenes, their own spread included: two of [C]."""
    if not entries:
        raise InputError("there are no scenes to take the statistics of: set worlds.scenes to 1 or more.")
    means = torch.cat([e["latent"][0].float() for e in entries])
    spread = torch.cat([e["latent"][1].float() for e in entries])
    return means.mean(0), (means.var(0, unbiased=False) + spread.square().mean(0)).sqrt()


def _write(path: Path, entries: list[dict[str, Tensor]]) -> None:
    tensors = {f"{i}.{name}": t.cpu().contiguous() for i, e in enumerate(entries) for name, t in e.items()}
    with whole_file(path) as draft:
        save_file(tensors, draft)
    write_sum(path)


def _read(path: Path, count: int) -> list[dict[str, Tensor]]:
    with reading(path), safe_open(path, framework="pt", device="cpu") as file:
        entries: list[dict[str, Tensor]] = [{} for _ in range(count)]
        for key in file.keys():
            index, _, name = key.partition(".")
            entries[int(index)][name] = file.get_tensor(key)
    return entries
