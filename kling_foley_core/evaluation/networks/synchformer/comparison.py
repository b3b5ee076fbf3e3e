"""Synchformer's comparison: tokens of 14 segments of film and of sound -> which of 21 offsets they have.

    film [B, 14, 8, width], sound [B, 14, 6, width] -> logits [B, 21]

Class i says that they are i * 0.2 - 2 seconds apart (`OFFSETS`). One sequence of 198 tokens: a token to
answer with, the film's, a token between, the sound's, each with its learned place; three layers.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ....timing import SYNC_TOKENS_PER_SEGMENT
from ..transformer import Transformer, TransformerConfig

SEGMENTS = 14  # 4.8 s
SOUND_TOKENS = 6  # of a segment
OFFSETS = (torch.arange(21) - 10) / 5  # seconds
LENGTH = 1 + SEGMENTS * SYNC_TOKENS_PER_SEGMENT + 1 + SEGMENTS * SOUND_TOKENS


class Comparison(nn.Module):
    def __init__(self, body: TransformerConfig) -> None:
        super().__init__()
        width = body.width
        self.vproj, self.aproj = nn.Linear(width, width), nn.Linear(width, width)
        self.film_norm = nn.LayerNorm(width, eps=body.eps)
        self.sound_norm = nn.LayerNorm(width, eps=body.eps)
        self.answer = nn.Parameter(torch.zeros(1, 1, width))
        self.between = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, LENGTH, width))
        self.body = Transformer(body)
        self.norm = nn.LayerNorm(width, eps=body.eps)
        self.head = nn.Linear(width, len(OFFSETS))

    def forward(self, film: Tensor, sound: Tensor) -> Tensor:
        film = self.film_norm(self.vproj(film.flatten(1, 2)))
        sound = self.sound_norm(self.aproj(sound.flatten(1, 2)))
        answer, between = (token.expand(len(film), -1, -1) for token in (self.answer, self.between))
        x = torch.cat([answer, film, between, sound], dim=1) + self.positions
        return self.head(self.norm(self.body(x))[:, 0])
