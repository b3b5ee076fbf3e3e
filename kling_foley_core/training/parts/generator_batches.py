"""Batches for the generator: crops of the shards' samples with everything the conditions need.

    latent [B, 2, L, C] mean and deviation, sync tokens [B, Ts, ds], visual [B, Tv, dv], text [B, Tt, dt]
    padded with zeros, seconds_start and seconds_total [B]; labels uint8 [B, L, K] (data/labels.py)

Samples are read when a batch needs them. Where a sample has no such array, its place holds zeros and
`missing` says so. Sync tokens of a crop are read from every frame's vectors as the encoder reads them for a
clip, or are the whole segments that lie in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import torch
from torch import Tensor

from ...data.labels import frame_labels
from ...data.shards import Sample, Shards
from ...encoders.sync.motion import MotionConfig, token_count, tokens_of
from ...errors import InputError
from ...presets import Preset
from ...timing import (
    MEL_PER_LATENT,
    SYNC_FPS,
    SYNC_STEP,
    SYNC_TOKENS_PER_SEGMENT,
    VISUAL_FPS,
    latent_frames,
    visual_frames,
)
from ..crops import latents_per_frame, random_start

ARRAYS = ("latent", "visual", "sync", "text")


class Missing(NamedTuple):
    """Which items of a batch lack which modality: bool [B] each."""

    text: Tensor
    visual: Tensor
    sync: Tensor


@dataclass(frozen=True)
class Batch:
    latent: Tensor
    sync: Tensor
    visual: Tensor
    text: Tensor
    no_text: Tensor
    no_visual: Tensor
    no_sync: Tensor
    labels: Tensor
    labelled: Tensor  # bool [B]: whether anything is known of the item
    seconds_start: Tensor
    seconds_total: Tensor

    @property
    def missing(self) -> Missing:
        return Missing(self.no_text, self.no_visual, self.no_sync)

    def to(self, device: torch.device) -> Batch:
        return Batch(**{f.name: getattr(self, f.name).to(device) for f in fields(self)})

    def every_second(self) -> Batch:
        return Batch(**{f.name: getattr(self, f.name)[::2] for f in fields(self)})


class Crops:
    """Cuts the samples of `shards` as the networks of `preset` take them."""

    def __init__(self, shards: Shards, preset: Preset, names: Sequence[str]) -> None:
        """Raises InputError where the shards were made by other encoders or another codec."""
        self.shards, self.preset, self.names = shards, preset, tuple(names)
        self.every_frame = isinstance(preset.sync, MotionConfig)
        self.rate = preset.mel.sampling_rate / preset.mel.hop / MEL_PER_LATENT
        self._check_header()
        self._read(0)

    def batch(
        self, indices: Sequence[int], seconds: float, draws: Sequence[torch.Generator] | None = None
    ) -> Batch:
        """One crop of each sample, at a random place, or from its beginning."""
        items = [self._item(index, seconds, draws[i] if draws else None) for i, index in enumerate(indices)]
        return Batch(**{name: torch.stack([item[name] for item in items]) for name in items[0]})

    def _item(self, index: int, seconds: float, draw: torch.Generator | None) -> dict[str, Tensor]:
        sample, frames = self._read(index), round(seconds * SYNC_FPS)
        per_frame = latents_per_frame(self.preset.mel)
        total = max(round(sample.seconds * SYNC_FPS), frames)
        start = random_start(total, frames, draw, per_frame, self.every_frame) if draw else 0
        latents = latent_frames(seconds, self.preset.mel.sampling_rate, self.preset.mel.hop)
        available = sample.arrays["latent"].shape[1]
        first = max(min(round(start * per_frame), available - latents), 0)
        config, labels = self.preset.generator, frame_labels(sample.labels, self.names, available, self.rate)
        return {
            "latent": _cut(sample, "latent", first, latents),
            "sync": self._sync(sample, start, frames),
            "visual": self._visual(sample, start, visual_frames(seconds)),
            "text": _padded(sample, config.text_len, config.text_dim),
            **{f"no_{name}": torch.tensor(name not in sample.arrays) for name in Missing._fields},
            "labels": labels[first : first + latents],
            "labelled": torch.tensor(bool(sample.labels)),
            "seconds_start": torch.tensor(sample.seconds_start + start / SYNC_FPS),
            "seconds_total": torch.tensor(float(sample.seconds_total)),
        }

    def _sync(self, sample: Sample, start: int, frames: int) -> Tensor:
        if "sync" not in sample.arrays:
            return torch.zeros(token_count(frames), self.preset.generator.sync_dim)
        if self.every_frame:
            return tokens_of(_cut(sample, "sync", start, frames)[None])[0]
        first = start // SYNC_STEP * SYNC_TOKENS_PER_SEGMENT
        return _cut(sample, "sync", first, token_count(frames))

    def _visual(self, sample: Sample, start: int, count: int) -> Tensor:
        if "visual" not in sample.arrays:
            return torch.zeros(count, self.preset.generator.visual_dim)
        last = len(sample.arrays["visual"]) - count
        return _cut(sample, "visual", min(round(start / SYNC_FPS * VISUAL_FPS), max(last, 0)), count)

    def _read(self, index: int) -> Sample:
        sample, config = self.shards.read(index, ARRAYS), self.preset.generator
        widths = {
            "latent": config.latent_dim,
            "visual": config.visual_dim,
            "sync": config.sync_dim,
            "text": config.text_dim,
        }
        for name, array in sample.arrays.items():
            if array.shape[-1] != widths[name]:
                raise InputError(
                    f"--data: {name} of sample {sample.id} has {array.shape[-1]} values a frame, --preset "
                    f"{self.preset.name} takes {widths[name]}; extract the clips again with this preset's "
                    "networks, or choose the preset they were extracted for."
                )
        return sample

    def _check_header(self) -> None:
        header, mel = self.shards.header, self.preset.mel
        if (header.sampling_rate, header.hop) != (mel.sampling_rate, mel.hop):
            raise InputError(
                f"--data: its latents are of sound at {header.sampling_rate} Hz with hop {header.hop}, "
                f"--preset {self.preset.name} has {mel.sampling_rate} Hz with hop {mel.hop}; extract "
                "the clips again."
            )
        if "sync" in header.arrays and header.every_frame != self.every_frame:
            kinds = {True: "a vector for every frame", False: "tokens of Synchformer's segments"}
            raise InputError(
                f"--data: its sync arrays hold {kinds[header.every_frame]}, --preset "
                f"{self.preset.name} takes {kinds[self.every_frame]}; extract the clips again with "
                "this preset's sync encoder."
            )


def _cut(sample: Sample, name: str, first: int, count: int) -> Tensor:
    """`count` frames of an array from `first` on, float32; along axis 1 of a latent, axis 0 of the others."""
    array = sample.arrays[name]
    part = array[:, first : first + count] if array.ndim == 3 else array[first : first + count]
    if part.shape[-2] < count:
        raise InputError(
            f"--data: {name} of sample {sample.id} has {array.shape[-2]} frames, and {first + count} are "
            f"needed of {sample.seconds:g} s; extract the clip again."
        )
    return torch.from_numpy(part).float()


def _padded(sample: Sample, length: int, width: int) -> Tensor:
    text = torch.zeros(length, width)
    if "text" in sample.arrays:
        tokens = sample.arrays["text"]
        if len(tokens) > length:
            raise InputError(
                f"--data: text of sample {sample.id} has {len(tokens)} tokens, the network takes {length}; "
                "extract the clips again with this preset's text encoder."
            )
        text[: len(tokens)] = torch.from_numpy(tokens)
    return text
