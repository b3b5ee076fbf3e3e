"""The two lessons of the encoders: encoders, a listener, and the maps into a space where they are compared.

SyncNet:    Moments  -> seen, heard [B, K, dim] of length 1, and the loudness guessed [B, K, 4 * BANDS]
MeaningNet: Meanings -> picture, caption, sound, seen sound, each [B, dim] of length 1, and how likely each
            word is in the caption, guessed from the picture, [B, words]
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...assembly import untrained
from ...codec.presets import MEL_44K
from ...presets import SMALL
from ..loop.train import Figures
from ..losses.contrastive import Scale, found, info_nce
from .audio_encoders import BANDS, ClipListener, MomentListener, loudness
from .contrastive_batches import MOMENTS, MeaningLesson, Meanings, Moments, SyncLesson

WORDS_WEIGHT = 0.2  # of the guessed words: they come first, the comparisons later


class SyncNet(nn.Module):
    def __init__(self, lesson: SyncLesson) -> None:
        super().__init__()
        self.guessing = lesson.guessing
        self.sync = untrained(SMALL, "sync")
        self.sync.start_loud()
        self.listener = MomentListener(MEL_44K.n_mels, lesson.width, lesson.dim)
        self.to_space = nn.Linear(self.sync.dim, MOMENTS * lesson.dim)
        self.to_loudness = nn.Linear(self.sync.dim, MOMENTS * 4 * BANDS)
        nn.init.zeros_(self.to_loudness.weight)  # begins at the mean, not at noise that has to be unlearned
        nn.init.zeros_(self.to_loudness.bias)
        self.in_time, self.apart = Scale(), Scale()

    def forward(self, batch: Moments, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        dtype = torch.get_autocast_dtype(device.type) if torch.is_autocast_enabled(device.type) else None
        vectors = self.sync.every_frame(batch.frames, device=device, dtype=dtype)
        seen, guessed = (
            out(vectors).float().unflatten(-1, (MOMENTS, -1)).flatten(1, 2)
            for out in (self.to_space, self.to_loudness)
        )
        heard = self.listener(batch.mels.to(device).float(), batch.times.to(device))
        return F.normalize(seen, dim=-1), heard, guessed

    def losses(self, seen: Tensor, heard: Tensor, guessed: Tensor, batch: Moments) -> Figures:
        loud = loudness(batch.mels.to(seen.device).float(), batch.times.to(seen.device))
        return {
            "in time": info_nce(seen, heard, self.in_time()),
            "among clips": info_nce(seen.flatten(0, 1), heard.flatten(0, 1), self.apart()),
            "loudness": self.guessing * (guessed - loud).square().mean(),
        }

    def figures(self, seen: Tensor, heard: Tensor, guessed: Tensor, batch: Moments) -> Figures:
        """Moments found among those of their clip, to 20 ms, and the share of the loudness that is
        guessed."""
        loud = loudness(batch.mels.to(seen.device).float(), batch.times.to(seen.device))
        explained = 1 - (guessed - loud).square().mean() / loud.square().mean()
        return {"moments found": found(seen, heard, within=1), "loudness explained": explained}


class MeaningNet(nn.Module):
    def __init__(self, lesson: MeaningLesson, words: list[str]) -> None:
        """`words`: those that the picture's encoder guesses."""
        super().__init__()
        self.words = {word: place for place, word in enumerate(words)}
        self.visual, self.text = untrained(SMALL, "visual"), untrained(SMALL, "text")
        self.visual.start_loud()
        self.listener = ClipListener(MEL_44K.n_mels, lesson.width, lesson.dim)
        self.from_visual = nn.Linear(self.visual.dim, lesson.dim)
        self.from_text = nn.Linear(self.text.dim, lesson.dim)
        self.to_words = nn.Linear(self.visual.dim, len(words))
        self.scale = Scale()

    def forward(self, batch: Meanings, device: torch.device) -> tuple[Tensor, ...]:
        shown = self.visual(batch.frames, device=device).mean(1)
        word = self.from_text(self.read(batch.captions, device).sum(1))
        sound, seen = (self.listener(mel.to(device).float()) for mel in (batch.mel, batch.seen))
        look, word = (F.normalize(x.float(), dim=-1) for x in (self.from_visual(shown), word))
        return look, word, sound, seen, self.to_words(shown).float()

    def read(self, captions: list[str], device: torch.device) -> Tensor:
        """`text.encode` without the places that are padding in every caption: they would be zeros."""
        ids, real = self.text.tokenizer(captions, self.text.length)
        longest = int(real.sum(1).max())
        return self.text.encode_ids(ids[:, :longest], real[:, :longest], device=device)

    def said(self, captions: list[str]) -> Tensor:
        """Which words each caption has: 0 or 1, [B, words]."""
        said = torch.zeros(len(captions), len(self.words))
        for row, caption in zip(said, captions, strict=True):
            row[[self.words[w] for w in words_of(caption) if w in self.words]] = 1.0
        return said

    def losses(self, compared: tuple[Tensor, ...], batch: Meanings) -> Figures:
        look, word, sound, seen, guessed = compared
        scale, said = self.scale(), self.said(batch.captions).to(look.device)
        return {
            "picture and sound": info_nce(look, seen, scale),
            "text and sound": info_nce(word, sound, scale),
            "text and picture": info_nce(word, look, scale),
            "words of picture": WORDS_WEIGHT
            * F.binary_cross_entropy_with_logits(guessed, said, reduction="none").sum(1).mean(),
        }

    def figures(self, compared: tuple[Tensor, ...], batch: Meanings) -> Figures:
        """Shares found among the clips of the batch."""
        look, word, sound, seen, _ = compared
        return {
            "sound of picture": found(look, seen),
            "sound of text": found(word, sound),
            "picture of text": found(word, look),
        }


def words_of(caption: str) -> set[str]:
    return set(re.findall(r"[a-z]+", caption.lower()))


def vocabulary(captions: Iterable[str]) -> list[str]:
    return sorted(set().union(*map(words_of, captions)))
