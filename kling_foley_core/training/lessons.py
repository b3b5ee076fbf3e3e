"""The two lessons of the encoders: encoders, a listener, and the maps into a space where they are compared.

SyncNet:    Moments  -> seen, heard [B, K, dim] of length 1, and the loudness guessed [B, K, 4 * BANDS]
MeaningNet: Meanings -> picture, caption, sound, each [B, dim] of length 1
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..assembly import untrained
from ..codec.presets import MEL_44K
from ..presets import SMALL
from .contrast import Scale, found, info_nce
from .listeners import BANDS, ClipListener, MomentListener, loudness
from .loop import Figures
from .pairs import MOMENTS, MeaningLesson, Meanings, Moments, SyncLesson


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
    def __init__(self, lesson: MeaningLesson) -> None:
        super().__init__()
        self.visual, self.text = untrained(SMALL, "visual"), untrained(SMALL, "text")
        self.visual.start_loud()
        self.listener = ClipListener(MEL_44K.n_mels, lesson.width, lesson.dim)
        self.from_visual = nn.Linear(self.visual.dim, lesson.dim)
        self.from_text = nn.Linear(self.text.dim, lesson.dim)
        self.scale = Scale()

    def forward(self, batch: Meanings, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        look = self.from_visual(self.visual(batch.frames, device=device).mean(1))
        word = self.from_text(self.read(batch.captions, device).sum(1))
        sound = self.listener(batch.mel.to(device).float())
        return F.normalize(look.float(), dim=-1), F.normalize(word.float(), dim=-1), sound

    def read(self, captions: list[str], device: torch.device) -> Tensor:
        """`text.encode` without the places that are padding in every caption: they would be zeros."""
        ids, real = self.text.tokenizer(captions, self.text.length)
        longest = int(real.sum(1).max())
        return self.text.encode_ids(ids[:, :longest], real[:, :longest], device=device)

    def losses(self, look: Tensor, word: Tensor, sound: Tensor) -> Figures:
        scale = self.scale()
        return {
            "picture and sound": info_nce(look, sound, scale),
            "text and sound": info_nce(word, sound, scale),
            "text and picture": info_nce(word, look, scale),
        }

    def figures(self, look: Tensor, word: Tensor, sound: Tensor) -> Figures:
        """Shares found among the clips of the batch."""
        return {
            "sound of picture": found(look, sound),
            "sound of text": found(word, sound),
            "picture of text": found(word, look),
        }
