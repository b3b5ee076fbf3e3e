"""A take on one picture: film strip and motion if there is a film, spectrogram with true onsets (red, above)
and heard ones (blue, below), pan over time (red) with the reference's (grey)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from torch import Tensor

from ...foley_world.truth import TRUTH_RATE
from ...preview.motion import Movement
from ...preview.picture import picture
from ..measures.hits import Onsets
from ..measures.pan_r import pan_over_time

STEP = 3  # of a hundredth of a second


@dataclass(frozen=True)
class SeenFilm:
    """What a film shows, small: frames uint8 [T, 3, H, W] over its seconds; `aspect`: width / height as
    shown."""

    frames: Tensor
    seconds: float
    aspect: float
    movement: Movement


def take_picture(
    sound: Tensor,
    rate: int,
    onsets: Onsets,
    reference: tuple[Tensor, int] | None = None,
    film: SeenFilm | None = None,
) -> Image.Image:
    """Of [1 or 2, N]. Without a reference the film's sudden movements are ticked above."""
    seconds = sound.shape[1] / rate
    true = onsets.reference
    if true is None:
        true = film.movement.impacts if film else ()
    shown = {}
    if film is not None:
        shown = {"frames": film.frames, "film_seconds": film.seconds, "aspect": film.aspect}
        shown["motion"] = film.movement.curve
    return picture(
        sound.clamp(-1, 1),
        rate,
        ticks_above=[t for t in true if t < seconds],
        ticks_below=onsets.sound,
        pans=[] if reference is None else [pan for pan in true_pans(*reference) if pan[0] < seconds],
        **shown,
    )


def true_pans(reference: Tensor, rate: int) -> list[tuple[float, float]]:
    """(seconds, (R - L) / (R + L)) of [2, N] where it sounds; none of a mono one."""
    if len(reference) == 1:
        return []
    x = pan_over_time(reference, rate, int(reference.shape[1] / rate * TRUTH_RATE))
    return [
        (k / TRUTH_RATE, float(np.sin(x[k] * np.pi / 2)))
        for k in range(0, len(x), STEP)
        if not np.isnan(x[k])
    ]
