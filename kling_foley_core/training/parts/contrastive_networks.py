"""What the contrastive tasks train: encoders, an audio encoder, and maps into a space to compare them in.

SyncNet:     SyncBatch -> picture, sound [B, K, dim] of norm 1, and predicted band levels [B, K, 4 * BANDS]
SemanticNet: SemanticBatch -> picture, caption, sound, seen sound, each [B, dim] of norm 1, and logits of each
             word of the vocabulary being in the caption, from the picture, [B, words]

Losses compare the items of all processes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...presets import Preset
from ...systems.assembly import untrained
from ..loop.train import Figures
from ..losses.contrastive import Scale, found, gathered, info_nce
from .audio_encoders import BANDS, ClipAudioEncoder, FrameAudioEncoder, band_levels
from .contrastive_batches import INSTANTS, SemanticBatch, SemanticTask, SyncBatch, SyncTask

if TYPE_CHECKING:
    from accelerate import Accelerator

WORDS_WEIGHT = 0.2  # of the predicted words: they are learned first, the contrasts later


class SyncNet(nn.Module):
    def __init__(self, preset: Preset, task: SyncTask) -> None:
        super().__init__()
        self.level_weight = task.level_weight
        self.sync = untrained(preset, "sync")
        self.sync.start_loud()
        self.audio_encoder = FrameAudioEncoder(preset.mel.n_mels, task.width, task.dim)
        self.to_space = nn.Linear(self.sync.dim, INSTANTS * task.dim)
        self.to_levels = nn.Linear(self.sync.dim, INSTANTS * 4 * BANDS)
        nn.init.zeros_(self.to_levels.weight)  # begins at the mean, not at noise that has to be unlearned
        nn.init.zeros_(self.to_levels.bias)
        self.in_time, self.among_clips = Scale(), Scale()

    def forward(self, batch: SyncBatch, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        dtype = torch.get_autocast_dtype(device.type) if torch.is_autocast_enabled(device.type) else None
        vectors = self.sync.every_frame(batch.frames, device=device, dtype=dtype)
        picture, levels = (
            out(vectors).float().unflatten(-1, (INSTANTS, -1)).flatten(1, 2)
            for out in (self.to_space, self.to_levels)
        )
        sound = self.audio_encoder(batch.mels.to(device).float(), batch.times.to(device))
        return F.normalize(picture, dim=-1), sound, levels

    def losses(
        self, compared: tuple[Tensor, Tensor, Tensor], batch: SyncBatch, accelerator: Accelerator
    ) -> Figures:
        picture, sound, levels = compared
        true = band_levels(batch.mels.to(picture.device).float(), batch.times.to(picture.device))
        everyone = (gathered(x, accelerator).flatten(0, 1) for x in (picture, sound))
        return {
            "in time": info_nce(picture, sound, self.in_time()),
            "among clips": info_nce(*everyone, self.among_clips()),
            "levels": self.level_weight * (levels - true).square().mean(),
        }

    def figures(self, compared: tuple[Tensor, Tensor, Tensor], batch: SyncBatch) -> Figures:
        """Instants found among those of their clip, to 20 ms, and the share of the levels' variance that is
        explained."""
        picture, sound, levels = compared
        true = band_levels(batch.mels.to(picture.device).float(), batch.times.to(picture.device))
        explained = 1 - (levels - true).square().mean() / true.square().mean()
        return {"instants found": found(picture, sound, within=1), "levels explained": explained}


class SemanticNet(nn.Module):
    def __init__(self, preset: Preset, task: SemanticTask, words: list[str]) -> None:
        """`words`: those that are predicted from the picture."""
        super().__init__()
        self.words = {word: place for place, word in enumerate(words)}
        self.visual, self.text = untrained(preset, "visual"), untrained(preset, "text")
        self.visual.start_loud()
        self.audio_encoder = ClipAudioEncoder(preset.mel.n_mels, task.width, task.dim)
        self.from_visual = nn.Linear(self.visual.dim, task.dim)
        self.from_text = nn.Linear(self.text.dim, task.dim)
        self.to_words = nn.Linear(self.visual.dim, len(words))
        self.scale = Scale()

    def forward(self, batch: SemanticBatch, device: torch.device) -> tuple[Tensor, ...]:
        vector = self.visual(batch.frames, device=device).mean(1)
        caption = self.from_text(self.encode(batch.captions, device).sum(1))
        sound, seen = (self.audio_encoder(mel.to(device).float()) for mel in (batch.mel, batch.seen))
        picture, caption = (F.normalize(x.float(), dim=-1) for x in (self.from_visual(vector), caption))
        return picture, caption, sound, seen, self.to_words(vector).float()

    def encode(self, captions: list[str], device: torch.device) -> Tensor:
        """`text.encode` without the places that are padding in every caption: they would be zeros."""
        ids, real = self.text.tokenizer(captions, self.text.length)
        longest = int(real.sum(1).max())
        return self.text.encode_ids(ids[:, :longest], real[:, :longest], device=device)

    def words_in(self, captions: list[str]) -> Tensor:
        """Which words each caption has: 0 or 1, [B, words]."""
        present = torch.zeros(len(captions), len(self.words))
        for row, caption in zip(present, captions, strict=True):
            row[[self.words[w] for w in words_of(caption) if w in self.words]] = 1.0
        return present

    def losses(self, compared: tuple[Tensor, ...], batch: SemanticBatch, accelerator: Accelerator) -> Figures:
        """Losses of captions leave out the items that have none."""
        *vectors, logits = compared
        captioned = torch.tensor([bool(c.strip()) for c in batch.captions], device=logits.device)
        everyone = accelerator.gather(captioned)
        picture, caption, sound, seen = (gathered(x, accelerator) for x in vectors)
        target = self.words_in(batch.captions).to(logits.device)
        words = F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(1)
        share = everyone.float().mean().clamp(min=1e-6)
        return {
            "picture and sound": info_nce(picture, seen, self.scale()),
            "text and sound": _contrast_of(everyone, caption, sound, self.scale()),
            "text and picture": _contrast_of(everyone, caption, picture, self.scale()),
            "words of picture": WORDS_WEIGHT * (words * captioned).mean() / share,
        }

    def figures(self, compared: tuple[Tensor, ...], batch: SemanticBatch) -> Figures:
        """Shares found among the clips of the batch."""
        picture, caption, sound, seen, _ = compared
        figures = {"sound of picture": found(picture, seen)}
        some = torch.tensor([bool(c.strip()) for c in batch.captions], device=picture.device)
        if some.any():
            figures["sound of text"] = found(caption[some], sound[some])
            figures["picture of text"] = found(caption[some], picture[some])
        return figures


def _contrast_of(chosen: Tensor, a: Tensor, b: Tensor, scale: Tensor) -> Tensor:
    """InfoNCE among the items where `chosen` is true; 0, with gradients of 0, where there is none."""
    if not chosen.any():
        return (a.sum() + b.sum() + scale) * 0.0
    return info_nce(a[chosen], b[chosen], scale)


def words_of(caption: str) -> set[str]:
    return set(re.findall(r"[a-z]+", caption.lower()))


def vocabulary(captions: Iterable[str], most: int) -> list[str]:
    """The `most` frequent words, in alphabetical order."""
    counts: Counter[str] = Counter()
    for caption in captions:
        counts.update(words_of(caption))
    frequent = sorted(counts, key=lambda word: (-counts[word], word))
    return sorted(frequent[:most])
