"""Raw samples to what the generator is trained on: latents and features of frozen networks.

    latent  float16 [2, L, C]    mean and deviation of the codec's posterior, mono
    visual  float16 [Tv, Dv]     sync  float16 [Ts, Ds]: tokens, or a vector for every frame
    text    float16 [Tt, Dt]     without padding; CLIP's, whose padding is read like words, with it

What a sample has not got is left out: no film, no `visual` and no `sync`; no caption, no `text`; the trainer
then puts the learned empty features there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError
from ..shards import ARRAYS, Header, Sample
from .latents import latent_of
from .networks import FrozenNetworks
from .raw import FRAMES, RAW, RawFormat, raw_format_of
from .source import Source
from .stages import Stages


class Encoding:
    """`networks` None: samples stay raw. `keep`: raw arrays that are kept (empty: all of raw samples, none
    beside what networks make)."""

    def __init__(self, networks: FrozenNetworks | None, keep: Collection[str] = ()) -> None:
        if unknown := set(keep) - set(RAW):
            raise InputError(f"--keep {' '.join(sorted(unknown))}: choose of {', '.join(RAW)}.")
        self.networks, self.keep = networks, tuple(keep or (RAW if networks is None else ()))

    @property
    def raw_format(self) -> RawFormat:
        return raw_format_of(self.networks)

    @property
    def reads(self) -> tuple[str, ...]:
        """Raw arrays that it needs."""
        used = () if self.networks is None else ("sound", *FRAMES.values())
        return tuple(name for name in RAW if name in {*self.keep, *used})

    def header(self, source: Source) -> Header:
        """Raises InputError where nothing would be written, or not what is to be kept."""
        if self.networks is not None and (lacking := [n for n in self.keep if n not in source.arrays]):
            raise InputError(f"--keep {' '.join(lacking)}: {source.name} has none; leave it out.")
        made = {name for name in source.arrays if name in self.keep}
        if self.networks is not None:
            made |= {"latent"} if "sound" in source.arrays else set()
            made |= {view for view, array in FRAMES.items() if array in source.arrays}
            made |= {"text"} if source.captioned else set()
        form, networks = self.raw_format, self.networks
        return Header(
            arrays=tuple(name for name in ARRAYS if name in made),
            networks={} if networks is None else networks.digests,
            every_frame=networks is not None and networks.every_frame,
            sampling_rate=form.sampling_rate,
            hop=form.hop,
            source=source.name,
        )

    @torch.inference_mode()
    def __call__(self, raw: Sample, stages: Stages) -> Sample:
        kept = {name: array for name, array in raw.arrays.items() if name in self.keep}
        if self.networks is None:
            return replace(raw, arrays=kept)
        made, facts = {}, dict(raw.facts)
        if "sound" in raw.arrays:
            with stages.timed("codec"):
                made["latent"], gain_db = latent_of(raw.arrays["sound"], raw.seconds, self.networks)
            facts |= {"gain_db": round(gain_db, 3)} if gain_db else {}
        for view, name in FRAMES.items():
            if name in raw.arrays:
                with stages.timed(view):
                    made[view] = half(self._look(view, torch.from_numpy(raw.arrays[name])[None])[0])
        if raw.caption.strip():
            with stages.timed("text"):
                tokens = self.networks.text.encode([raw.caption])[0]
                made["text"] = half(tokens[: int(tokens.any(-1).sum())])
        return replace(raw, facts=facts, arrays={**made, **kept})

    def _look(self, view: str, frames: Tensor) -> Tensor:
        network, frames = getattr(self.networks, view), frames.to(self.networks.device)
        return network.every_frame(frames) if hasattr(network, "every_frame") else network(frames)


def half(features: Tensor) -> np.ndarray:
    return features.to("cpu", torch.float16).numpy()
