"""The networks of one system put together from weight files, each recognised by its tensors; or one network
of a preset, untrained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .checkpoints import FileReport, load_network, recognise
from .checkpoints.kinds import KINDS
from .checkpoints.older_files import as_old_as
from .codec import FoleyCodec, LogMel
from .codec.presets import MEL_16K, MEL_44K
from .encoders.sync.motion import MotionEncoder
from .encoders.sync.synchformer import Synchformer
from .encoders.text.clip import ClipTextConfig
from .encoders.text.t5 import T5TextConfig
from .encoders.visual.clip import ClipVisualEncoder
from .encoders.visual.look import LookEncoder
from .errors import InputError
from .mmdit import MMDiT
from .presets import PRESETS, Preset
from .stereo import StereoRenderer

MELS = {mel.n_mels: mel for mel in (MEL_16K, MEL_44K)}
SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")
KIND_OF_PART = {"generator": "mmdit", "visual": "clip_visual", "sync": "synchformer"}
SEED = 2506_19774


@dataclass(frozen=True)
class Parts:
    """The boxes of the figure. `stereo` is None for models that make mono sound."""

    generator: MMDiT
    text: Any  # encode(list of texts) -> [B, tokens, dim]
    visual: ClipVisualEncoder | LookEncoder
    sync: Synchformer | MotionEncoder
    codec: FoleyCodec
    stereo: StereoRenderer | None


def untrained(preset: Preset, part: str) -> nn.Module:
    """One network of a preset with seeded random weights, to be trained: "generator", "text", "visual",
    "sync", "vae", "vocoder" or "stereo". Calls in any order give the same.
    """
    config = getattr(preset, part)
    kind = KIND_OF_PART.get(part, part) if part != "text" else _text_kind(config)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED + list(Preset.__dataclass_fields__).index(part))
        return KINDS[kind].build(config)


def _text_kind(config: ClipTextConfig | T5TextConfig) -> str:
    return "clip_text" if isinstance(config, ClipTextConfig) else "t5"


def from_files(source: Path, device: torch.device, dtype: torch.dtype) -> Parts:
    """A system from the weight files in a folder and below it. `source`: the folder, or one flow network in
    it."""
    files = Files(source)
    c = files.generator.config
    visual = files.pick("visual", "visual encoder", ("clip_visual",), lambda v: v.projection == c.visual_dim)
    text = files.pick(
        "text", "text encoder", ("clip_text", "t5"), lambda t: (t.width, t.length) == (c.text_dim, c.text_len)
    )
    sync = files.pick("sync", "sync encoder", ("synchformer",), lambda s: s.dim == c.sync_dim)
    vae = files.pick("vae", "codec (VAE)", ("vae",), lambda v: v.latent_dim == c.latent_dim)
    bands = vae.config.n_mels
    vocoder = files.pick("vocoder", "vocoder", ("vocoder",), lambda v: v.n_mels == bands)
    stereo = files.find(
        "stereo",
        "stereo renderer",
        ("stereo",),
        lambda s: s.n_mels == bands and s.sync_dim in (None, c.sync_dim),
    )

    def load(network: Network, dtype: torch.dtype = dtype) -> Any:
        return load_network(network.path, network.kind, device=device, dtype=dtype)

    codec = FoleyCodec(LogMel(MELS[bands]), load(vae, torch.float32), load(vocoder, torch.float32))
    renderer = load(stereo, torch.float32) if stereo is not None else None
    return Parts(load(files.generator), load(text), load(visual), load(sync), codec, renderer)


@dataclass(frozen=True)
class Network:
    """One network of one file."""

    path: Path
    kind: str
    config: Any


class Files:
    """The networks in a folder's weight files; the flow network among them that `source` means decides."""

    def __init__(self, source: Path) -> None:
        if not source.exists():
            raise InputError(_nowhere(source))
        self.folder = source if source.is_dir() else source.parent
        self.networks: list[Network] = []
        self.refused: list[InputError] = []
        for path in sorted(p for p in self.folder.rglob("*") if p.suffix in SUFFIXES and p.is_file()):
            try:
                self.networks += _networks(path, recognise(path))
            except InputError as error:
                self.refused.append(error)
        self.generator = self._generator(source)
        c = self.generator.config
        self.preset = next((p for p in PRESETS.values() if as_old_as(c, p.generator) == c), None)
        self.together = [self.generator.path]  # files that something has been taken from

    def _generator(self, source: Path) -> Network:
        """The flow network asked for, or the only one there is."""
        if source.is_file():
            recognise(source)  # its own error, if it is none
        found = [n for n in self.networks if n.kind == "mmdit" and source in (n.path, self.folder)]
        if len(found) > 1:
            names = ", ".join(n.path.name for n in found)
            raise InputError(
                f"model {source}: {len(found)} flow networks are here ({names}); give one of the files."
            )
        if not found:
            raise self._missing("flow network (MM-DiT)")
        return found[0]

    def find(
        self, part: str, what: str, kinds: tuple[str, ...], fits: Callable[[Any], bool]
    ) -> Network | None:
        """The network of these kinds whose config fits, if there is one. Of several that which lies in a file
        with the flow network, or is the preset's `part`, or lies in a file with another part: equal widths
        alone make no common space."""
        found = [n for n in self.networks if n.kind in kinds and fits(n.config)]
        meant = getattr(self.preset, part, None)
        for likelier in (
            lambda n: n.path == self.generator.path,
            lambda n: meant is not None and as_old_as(n.config, meant) == n.config,
            lambda n: n.path in self.together,
        ):
            found = [n for n in found if likelier(n)] or found
        if len({n.config for n in found}) > 1:
            names = ", ".join(dict.fromkeys(n.path.name for n in found))
            raise InputError(
                f"model {self.folder}: several networks fit as {what} ({names}); leave the one that the flow "
                "network was trained with, and put the others into another folder."
            )
        self.together += [n.path for n in found[:1]]
        return found[0] if found else None

    def pick(self, part: str, what: str, kinds: tuple[str, ...], fits: Callable[[Any], bool]) -> Network:
        network = self.find(part, what, kinds, fits)
        if network is None:
            raise self._missing(what)
        return network

    def _missing(self, what: str) -> InputError:
        seen = "; ".join(f"{n.path.name}: {n.kind}" for n in self.networks) or "no network at all"
        return InputError(
            f"model {self.folder}: no {what} that fits is here. Found {seen}. Put its file beside the "
            f"others; `kling-foley inspect FILE` says what a file is and which others it needs.",
            *(f"  {error}" for error in self.refused),
        )


def _nowhere(source: Path) -> str:
    if str(source) in PRESETS:
        return (
            f"model {source}: these weights don't come with the pack; give the folder that has their files."
        )
    return f"model {source}: neither a preset's name nor a file nor a folder; give one of them."


def _networks(path: Path, report: FileReport) -> list[Network]:
    parts = report.config if isinstance(report.config, dict) else {report.kind: report.config}
    return [Network(path, kind, config) for kind, config in parts.items()]
