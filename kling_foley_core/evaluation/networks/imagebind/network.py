"""ImageBind as a feature network: a sound or a film to one vector, the mean of its clips' vectors."""

from __future__ import annotations

import torch
from torch import Tensor

from ..feature_network import SECONDS, Features
from ..film_frames import FilmFrames
from ..sinc import sinc_resampled
from ..waveform import checked, long_enough
from .film_clips import PAIR, film_clips, three_squares
from .film_clips import RATE as FILM_RATE
from .sound_clips import LEAST, sound_clips
from .sound_clips import RATE as SOUND_RATE
from .towers import FilmTower, SoundTower

HEADING = "ImageBind"


class ImageBindNetwork:
    name = "imagebind"

    def __init__(self, sound: SoundTower, film: FilmTower) -> None:
        """Both on one device, in eval mode."""
        self.sound, self.film = sound, film
        self.device = film.positions.device

    @torch.no_grad()
    def of_sound(self, sound: Tensor, rate: int, seconds: float = SECONDS) -> Features:
        """{"embedding": [1024]} of the whole sound, from which the network takes its clips."""
        checked(sound, rate)
        channels = torch.stack([sinc_resampled(channel, rate, SOUND_RATE) for channel in sound])
        long_enough(channels[0], LEAST, SOUND_RATE, HEADING)
        return {"embedding": self._mean(self.sound, sound_clips(channels))}

    @torch.no_grad()
    def of_film(self, film: FilmFrames) -> Features:
        """{"embedding": [1024]}."""
        squares = film.read(FILM_RATE, three_squares, PAIR, HEADING)
        return {"embedding": self._mean(self.film, film_clips(squares))}

    def _mean(self, tower: SoundTower | FilmTower, clips: Tensor) -> Tensor:
        """One clip after another: nine of a film together take nine times the memory and no less time."""
        vectors = [tower(clip[None].to(self.device)) for clip in clips]
        return torch.cat(vectors).mean(0).float().cpu()
