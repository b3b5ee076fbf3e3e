"""Synchformer as a feature network: sound and film to tokens, both to 21 logits.

The visual half is the sync encoder's own (encoders/sync/synchformer.py). Frames and samples are cut into
segments that last the same, so segment s of the film and of the sound are the same 0.64 s.
"""

from __future__ import annotations

from fractions import Fraction

import torch
from torch import Tensor

from ....encoders.sync.synchformer import Synchformer
from ....errors import InputError
from ....media.resize import resize_view
from ....timing import SYNC_SEGMENT, SYNC_TOKENS_PER_SEGMENT
from ..feature_network import SECONDS, Features
from ..film_frames import FilmFrames
from ..waveform import long_enough, mono
from .audio_half import AudioHalf
from .comparison import SEGMENTS, Comparison
from .log_mel import RATE, SEGMENT, log_mels

HEADING = "Synchformer"
TOGETHER = 24  # segments: 8 s of sound


class SynchformerNetwork:
    name = "synchformer"

    def __init__(self, visual: Synchformer, audio: AudioHalf, comparison: Comparison) -> None:
        """All three on one device, in eval mode."""
        self.visual, self.audio, self.comparison = visual, audio, comparison
        self.device = comparison.positions.device

    @torch.no_grad()
    def of_sound(self, sound: Tensor, rate: int, seconds: float = SECONDS) -> Features:
        """{"tokens": [S, 6, 768]} of the mean of the channels."""
        wave = mono(sound, rate, RATE, seconds, centred=False)
        mels = log_mels(long_enough(wave, SEGMENT, RATE, HEADING))
        tokens = [self.audio(some.to(self.device)).cpu() for some in mels.split(TOGETHER)]
        return {"tokens": torch.cat(tokens)}

    @torch.no_grad()
    def of_film(self, film: FilmFrames) -> Features:
        """{"tokens": [S, 8, 768]}."""
        view = self.visual.view
        frames = film.read(
            Fraction(view.fps), lambda picture: resize_view(picture, view)[0], SYNC_SEGMENT, HEADING
        )
        tokens = self.visual(frames[None])[0].cpu()
        return {"tokens": tokens.unflatten(0, (-1, SYNC_TOKENS_PER_SEGMENT))}

    @torch.no_grad()
    def compare(self, film_tokens: Tensor, sound_tokens: Tensor) -> Tensor:
        """[S, 8, 768] and [S, 6, 768] -> logits [2, 21]: of the first and of the last 14 segments that both
        have."""
        both = min(len(film_tokens), len(sound_tokens))
        if both < SEGMENTS:
            raise InputError(
                f"film and sound share {both} segments, but {HEADING} compares {SEGMENTS}, which last 4.8 s; "
                "give a longer clip."
            )
        film, sound = (
            torch.stack([t[:SEGMENTS], t[both - SEGMENTS : both]]).to(self.device)
            for t in (film_tokens, sound_tokens)
        )
        return self.comparison(film, sound).cpu()
