"""Which way mono sound becomes left and right, and what each needs.

coherent  the model's own renderer, its gains on the mono wave's spectrum: both sides in phase
mels      the paper's way (section 4.6): a left and a right mel, each vocoded by itself
follow    what in the picture moves as the sound goes, or places given by hand; for every model (following/)
mono      one channel
auto      places given: follow; else coherent where the model has a renderer, follow where there is a
          video, and else mono
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import torch
from torch import Tensor

from ..codec import FoleyCodec
from ..codec.level import mel_with_gain
from ..errors import InputError
from ..files.on_disk import piecewise
from ..progress import Progress, silent
from .apply import render_mels, render_wave, within_full_scale
from .following import WIDTH, Movement, path_of_places, render_path, sounding_path
from .following.by_hand import Places
from .following.render import check_width
from .renderer import StereoRenderer

StereoWay = Literal["auto", "coherent", "mels", "follow", "mono"]


@dataclass(frozen=True)
class Stereo:
    """`places` (seconds, -1 left to 1 right) in place of the picture; `width` 0..1 of what is wide there."""

    way: StereoWay = "auto"
    places: Places | None = None
    width: float = WIDTH

    @classmethod
    def of(cls, stereo: Stereo | StereoWay) -> Stereo:
        return stereo if isinstance(stereo, Stereo) else cls(stereo)

    def chosen(self, *, renderer: bool, video: bool, seconds: float | None = None) -> Stereo:
        """With a way that is not auto; InputError where that can't be. `seconds`: of the sound, where it is
        known already."""
        if self.way not in get_args(StereoWay):
            raise InputError(f"stereo = {self.way!r}: choose one of {', '.join(get_args(StereoWay))}.")
        check_width(self.width)
        way = self.way
        if self.places is not None:
            if way not in ("auto", "follow"):
                raise InputError(f"stereo = {way!r}: it takes no places; choose follow, or leave them out.")
            path_of_places(self.places, self.places[-1][0] if seconds is None else seconds)
            return replace(self, way="follow")
        if way == "auto":
            return replace(self, way="coherent" if renderer else "follow" if video else "mono")
        if way in ("coherent", "mels") and not renderer:
            raise InputError(f"stereo = {way!r}: this model has no stereo renderer; choose follow or mono.")
        if way == "follow" and not video:
            raise InputError("stereo = 'follow': there is no picture to follow; give a video, or places.")
        return self


def followed(wave: Tensor, rate: int, stereo: Stereo, movement: Movement | None) -> Tensor:
    """wave [B, 1, N] -> left and right [B, 2, N], by places or by movement."""
    if stereo.places is not None:
        paths = [path_of_places(stereo.places, wave.shape[-1] / rate)]
    elif movement is not None:
        paths = [sounding_path(movement, sound, rate) for sound in wave[:, 0].cpu()]
    else:
        raise InputError("stereo: nothing says what moved; encode the video with movement=True.")
    return within_full_scale(render_path(wave, paths, rate, stereo.width))


def rendered(
    codec: FoleyCodec,
    renderer: StereoRenderer,
    mel: Tensor,
    sync: Tensor | None,
    way: StereoWay,
    progress: Progress = silent,
    gain_db: Tensor | None = None,
) -> Tensor:
    """Mono mel [1, M, T] -> left and right [1, 2, N], by a model's own renderer; `way` coherent or mels."""
    mel_alone = renderer.config.sync_dim is None or sync is None
    heard = mel if gain_db is None else mel_with_gain(mel, gain_db, codec.mel_config)
    gains = renderer.gains(heard, None if mel_alone else sync)
    if way == "mels":
        sides = render_mels(mel, gains, codec.mel.config).unbind(1)
        waves = [codec.vocode(side, gain_db=gain_db, clip=False, progress=progress) for side in sides]
        return within_full_scale(piecewise(lambda *both: torch.cat(both, dim=1), *waves))
    wave = codec.vocode(mel, gain_db=gain_db, progress=progress)
    return within_full_scale(render_wave(wave, gains, codec.mel.config))
