"""The networks of a system in its files: those of one stage in memory at a time.

    text: text encoder   video: visual and sync encoder   sampling: generator   sound: codec, stereo renderer

A network is loaded when it is asked for, and the networks of other stages are let go for it. Our choice of
the rule: reloading from the system's file cache takes seconds where a stage takes minutes, and the largest
stage then sets the memory, not their sum. Systems whose files are small together stay whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import torch

from ..checkpoints import load_network
from ..checkpoints.kinds import KINDS
from ..codec import FoleyCodec, LogMel
from ..codec.presets import MELS
from ..errors import InputError
from ..lora import LoRAFile, merge_lora
from ..mmdit.compiled import compile_velocity
from ..networks.number_type import usual_number_type
from ..presets import rate_of
from ..progress import Progress, silent
from .compatibility import WHAT
from .search import System

STAGES = {"text": "text", "visual": "video", "sync": "video", "generator": "sampling"}
STAGES |= dict.fromkeys(("codec", "decoder", "stereo"), "sound")
SMALL_BYTES = 2**30  # of all files together: below that all networks stay in memory


class StagedParts:
    """What `Parts` has, by the same names."""

    def __init__(
        self,
        system: System,
        device: torch.device,
        dtype: torch.dtype | None,
        progress: Progress = silent,
        loras: Sequence[tuple[LoRAFile, float]] = (),
        keep: bool | None = None,
        compiled: bool = False,
    ) -> None:
        """`dtype`: of encoders and generator; None: what is faster. `keep`: all that has been loaded; None:
        if the system is small. `compiled`: the generator's velocity."""
        small = is_small(system)
        self.system, self.device = system, device
        self.dtype = dtype or usual_number_type(device, small=small)
        self.keep = (small or compiled) if keep is None else keep  # compiling anew would take a minute
        self.progress = silent if small else progress
        self.loras, self.compiled = loras, compiled
        self.unloaded = Unloaded(system)
        self._changed = {path: _changed(path) for path in {n.path for n in system.parts.values()}}
        self._held: dict[str, Any] = {}

    @property
    def generator(self) -> Any:
        return self._part("generator")

    @property
    def text(self) -> Any:
        return self._part("text")

    @property
    def visual(self) -> Any:
        return self._part("visual")

    @property
    def sync(self) -> Any:
        return self._part("sync")

    @property
    def codec(self) -> FoleyCodec:
        return self._part("codec")

    @property
    def decoder(self) -> FoleyCodec:
        """The codec, which need not encode."""
        return self._part("codec" if self.keep or "codec" in self._held else "decoder")

    @property
    def stereo(self) -> Any:
        return self._part("stereo") if "stereo" in self.system.parts else None

    def _part(self, name: str) -> Any:
        if name not in self._held:
            if not self.keep:
                self._held = {n: part for n, part in self._held.items() if STAGES[n] == STAGES[name]}
            with torch.inference_mode(False):  # what is loaded there could never be trained
                self._held[name] = self._loaded(name)
        return self._held[name]

    def _loaded(self, name: str) -> Any:
        if name in ("codec", "decoder"):
            return codec_of(self.system, self._load, encoder=name == "codec")
        network = self._load(name)
        if name == "generator":
            for lora, strength in self.loras:
                merge_lora(network, lora, strength)
            if self.compiled:
                compile_velocity(network, rate_of(network.config))
        return network

    def _load(self, part: str, **half: bool) -> Any:
        network = self.system.parts[part]
        if _changed(network.path) != self._changed[network.path]:
            raise InputError(
                f"{network.path} has been changed or taken away since the model was opened; open it again."
            )
        dtype = torch.float32 if part in ("vae", "vocoder", "stereo") else self.dtype

        def told(_: str, done: int, total: int) -> None:
            self.progress(f"loading the {WHAT[part]}", done, total)

        place = {"device": self.device, "dtype": dtype, "progress": told}
        return load_network(network.path, network.kind, **place, **half)


class Unloaded:
    """The same networks without their weights, on the meta device: for configs, views and rates."""

    def __init__(self, system: System) -> None:
        self._system = system

    def _built(self, part: str, **half: bool) -> Any:
        network = self._system.parts[part]
        return KINDS[network.kind].without_values(network.config, **half)

    @cached_property
    def generator(self) -> Any:
        return self._built("generator")

    @cached_property
    def visual(self) -> Any:
        return self._built("visual")

    @cached_property
    def sync(self) -> Any:
        return self._built("sync")

    @cached_property
    def codec(self) -> FoleyCodec:
        return codec_of(self._system, self._built, encoder=True)

    @cached_property
    def stereo(self) -> Any:
        return self._built("stereo") if "stereo" in self._system.parts else None


def codec_of(system: System, made: Callable[..., Any], *, encoder: bool) -> FoleyCodec:
    """The mel between VAE and vocoder follows from the VAE's bands."""
    mel = LogMel(MELS[system.parts["vae"].config.n_mels])
    return FoleyCodec(mel, made("vae", encoder=encoder), made("vocoder"))


def is_small(system: System) -> bool:
    return sum(os.path.getsize(path) for path in {n.path for n in system.parts.values()}) <= SMALL_BYTES


def _changed(path: os.PathLike[str]) -> tuple[int, int] | None:
    """When a file was last written, and its bytes; None: it is gone."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
