"""What the codec and the stereo renderer accept: shapes and finite values, or an error that says what to
do."""

from __future__ import annotations

from torch import Tensor

from ..errors import InputError
from ..files.on_disk import let_go, steps_of


def check_channels(x: Tensor, name: str, channels: int, least_frames: int = 1) -> None:
    """`x` is [B, channels, T] with T >= least_frames."""
    if x.ndim != 3 or x.shape[1] != channels:
        raise InputError(
            f"{name} has shape {list(x.shape)}, but [batch, {channels}, frames] is needed here; "
            "use a mel, latent and network that were made for each other."
        )
    if x.shape[0] < 1 or x.shape[2] < least_frames:
        raise InputError(
            f"{name} has shape {list(x.shape)}: at least {least_frames} frame(s) are needed; "
            "give a longer sound."
        )


def check_mono(wave: Tensor) -> None:
    """`wave` is [B, 1, N] with N >= 1."""
    if wave.ndim != 3 or wave.shape[1] != 1:
        raise InputError(
            f"wave has shape {list(wave.shape)}, but the codec is mono: [batch, 1, samples]; "
            "mix the channels down to one first."
        )
    if wave.shape[0] < 1 or wave.shape[2] < 1:
        raise InputError(
            f"wave has shape {list(wave.shape)}: there is no sound in it; give at least one sample."
        )


def check_finite(x: Tensor, name: str, remedy: str) -> None:
    """No NaN and no infinity in `x`."""
    for part in x.split(steps_of(x), -1):
        finite = part.isfinite().all()
        let_go(x)
        if not finite:
            raise InputError(f"{name} has values that are not finite (NaN or infinity); {remedy}.")
