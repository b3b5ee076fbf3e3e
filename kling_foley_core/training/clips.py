"""Batches for the generator: crops of the cached scenes with everything the conditions need.

    latents [B, 2, L, C] mean and deviation, sync tokens [B, Ts, ds], visual [B, Tv, dv], text [B, Tt, dt]
    padded with zeros, seconds_start and seconds_total [B]; marks uint8 [B, L, K]: what sounds (`naming`)

A crop begins at a frame that falls on the beginning of a latent frame (to 2 ms), so that cutting does not
blur what is learned about time. Sync tokens of a crop are read from every frame's vectors as the encoder
reads them for a clip. Random crops with their place in the source: paper section 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..codec.presets import LATENT_RATE_44K, MEL_44K
from ..encoders.sync.motion import tokens_of
from ..errors import InputError
from ..timing import SYNC_FPS, VISUAL_FPS, latent_frames, visual_frames

LATENTS_PER_FRAME = LATENT_RATE_44K / SYNC_FPS  # 1.72
SLACK = 0.08  # of a latent frame


@dataclass(frozen=True)
class Crop:
    """How long the pieces of a batch are, and how often such a batch is drawn."""

    frames: int  # at 25 a second
    batch: int
    share: float


@dataclass(frozen=True)
class Batch:
    latent: Tensor
    sync: Tensor
    visual: Tensor
    text: Tensor
    marks: Tensor
    seconds_start: Tensor
    seconds_total: Tensor

    def to(self, device: torch.device) -> Batch:
        return Batch(**{name: t.to(device) for name, t in vars(self).items()})


@dataclass(frozen=True)
class Scenes:
    """All cached entries: {"sync", "visual", "text", "latent", "marks"} and the seconds of each scene."""

    entries: list[dict[str, Tensor]]
    seconds: list[float]
    text_len: int

    def long_enough(self, frames: int) -> list[int]:
        found = [i for i, e in enumerate(self.entries) if len(e["sync"]) >= frames]
        if not found:
            raise InputError(f"no scene has {frames} frames: shorten the crop or lengthen worlds.seconds.")
        return found

    def batch(self, indices: list[int], frames: int, draw: torch.Generator) -> Batch:
        """One crop of each scene, at a random place."""
        return self.crops(
            [(i, random_start(len(self.entries[i]["sync"]), frames, draw)) for i in indices], frames
        )

    def crops(self, places: list[tuple[int, int]], frames: int) -> Batch:
        """`places`: scene and first frame of each crop."""
        pieces = [self._piece(i, start, frames) for i, start in places]
        columns = {name: torch.stack([p[name] for p in pieces]) for name in pieces[0]}
        starts = torch.tensor([start / SYNC_FPS for _, start in places])
        totals = torch.tensor([self.seconds[i] for i, _ in places])
        return Batch(**columns, seconds_start=starts, seconds_total=totals)

    def _piece(self, index: int, start: int, frames: int) -> dict[str, Tensor]:
        entry, seconds = self.entries[index], frames / SYNC_FPS
        latents, pictures = latent_frames(seconds, MEL_44K.sampling_rate, MEL_44K.hop), visual_frames(seconds)
        first = min(round(start * LATENTS_PER_FRAME), entry["latent"].shape[1] - latents)
        look = min(round(start / SYNC_FPS * VISUAL_FPS), len(entry["visual"]) - pictures)
        text = torch.zeros(self.text_len, entry["text"].shape[1])
        text[: len(entry["text"])] = entry["text"]
        return {
            "latent": entry["latent"][:, first : first + latents].float(),
            "sync": tokens_of(entry["sync"][None, start : start + frames].float())[0],
            "visual": entry["visual"][look : look + pictures].float(),
            "text": text,
            "marks": entry["marks"][first : first + latents],
        }


def random_start(total: int, frames: int, draw: torch.Generator) -> int:
    """A first frame that falls on a latent frame's beginning; frame 0 always does."""
    if total < frames:
        raise InputError(
            f"a scene has {total} frames, a crop {frames}: shorten the crop, or leave out the short "
            f"lengths of worlds.seconds."
        )
    starts = torch.arange(total - frames + 1, dtype=torch.float64)
    off = (starts * LATENTS_PER_FRAME - (starts * LATENTS_PER_FRAME).round()).abs()
    good = (off <= SLACK).nonzero()[:, 0]
    return int(good[torch.randint(len(good), (), generator=draw)])
