"""What is to become of an existing sound: seconds of it made anew (repair), new seconds behind its end
(extend), or all of it made from it with a strength (vary).

Times are seconds from the sound's first sample, which lies on the film's (or its window's) first frame. A
sound and a film belong together when their lengths differ by OVERRUN at most, which is what codecs add to a
track's end; then the film's length counts. Our choice.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from ..flow import time_grid
from ..limits import MAX_SAMPLING_RATE, MIN_SAMPLING_RATE
from ..media.window import OVERRUN, checked_seconds, exact
from ..timing import Seconds, audio_samples

Span = tuple[Fraction, Fraction]  # seconds: from, to


@dataclass(frozen=True, eq=False)
class Edit:
    """`wave` float32 [C, N] at `rate`, C = 1 or 2. `replace`: parts (from, to) that are made anew, in any
    order; `extend`: seconds that are made behind the end. Both empty: all of the sound is varied.

    `strength`: how far what is made may go from what was there: near 0 hardly, 1 knows nothing of it.
    """

    wave: Tensor
    rate: int
    replace: Sequence[tuple[Seconds, Seconds]] = ()
    extend: Seconds = 0
    strength: float = 1.0

    def __post_init__(self) -> None:
        _check_sound(self.wave, self.rate)
        time_grid(1, strength=self.strength)
        if self.extend:
            checked_extension(self.extend)
            if self.strength != 1:
                raise InputError(
                    f"strength = {self.strength:g}: behind the sound's end there is nothing to begin from; "
                    "leave it out with extend."
                )
        object.__setattr__(self, "replace", checked_spans(self.replace, self.kept_seconds))

    @property
    def kept_seconds(self) -> Fraction:
        """Of the existing sound."""
        return Fraction(self.wave.shape[1], self.rate)

    @property
    def seconds(self) -> Fraction:
        """Of the result."""
        return self.kept_seconds + exact(self.extend)

    @property
    def varies_all(self) -> bool:
        return not self.replace and not self.extend

    @property
    def keeps_anything(self) -> bool:
        """Whether the result depends on the sound."""
        return not self.varies_all or self.strength < 1

    @property
    def spans(self) -> tuple[Span, ...]:
        """All that is made: the parts, and what is behind the end."""
        if self.varies_all:
            return ((Fraction(0), self.seconds),)
        return (*self.replace, *(((self.kept_seconds, self.seconds),) if self.extend else ()))

    def window(self, seconds: Seconds | None, whole: Fraction | None) -> Seconds:
        """How many seconds are looked at of a film that lasts `whole` from the start on (None: there is no
        film), where `seconds` of it are asked for: with an extension, up to its end."""
        if seconds is not None and seconds != self.seconds and (whole is None or self.extend):
            raise InputError(
                f"seconds = {float(seconds):g}: the edited sound's length, {float(self.seconds):.3f} s, "
                "follows from the sound; leave the seconds out, and use extend for more of it."
            )
        if whole is None:
            return self.seconds
        if self.extend and self.seconds > whole + OVERRUN:
            raise InputError(
                f"extend = {float(self.extend):g}: the sound has {float(self.kept_seconds):.3f} s and the "
                f"film {float(whole):.3f} s; give at most {max(0.0, float(whole - self.kept_seconds)):.3f}."
            )
        return min(self.seconds, whole) if self.extend else whole if seconds is None else seconds

    def lasting(self, seconds: Fraction) -> Edit:
        """The same for a film of `seconds`: the sound's end is cut or silent, or the extension a little
        longer or shorter; InputError where the two are further apart."""
        if abs(self.seconds - seconds) > OVERRUN:
            raise InputError(
                f"the sound has {float(self.kept_seconds):.3f} s"
                + (f" and is extended by {float(self.extend):g} s" if self.extend else "")
                + f", the film {float(seconds):.3f} s; give a sound of the film's length, extend it up to "
                "there, or take a part of the film with start and seconds."
            )
        if self.extend:
            return dataclasses.replace(self, extend=seconds - self.kept_seconds)
        samples = audio_samples(seconds, self.rate)
        wave = F.pad(self.wave[:, :samples], (0, max(0, samples - self.wave.shape[1])))
        spans = [(a, min(b, Fraction(samples, self.rate))) for a, b in self.replace]
        return dataclasses.replace(self, wave=wave, replace=[span for span in spans if span[0] < span[1]])

    def anew(self, frames: int, frames_per_second: float) -> Tensor:
        """[frames] bool: latent frames that lie in a part that is made, if only a little."""
        mask = torch.zeros(frames, dtype=torch.bool)
        for begin, end in self.spans:
            mask[math.floor(begin * frames_per_second) : math.ceil(end * frames_per_second)] = True
        if self.spans[-1][1] == self.seconds:
            mask[math.floor(self.spans[-1][0] * frames_per_second) :] = True  # what is cut off behind the end
        return mask


def checked_spans(spans: Sequence[tuple[Seconds, Seconds]], seconds: Fraction) -> tuple[Span, ...]:
    """In order and exact; InputError for parts that run backwards, overlap or lie outside of `seconds`."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        shown = f"replace {float(begin):g}-{float(end):g}"
        if not (math.isfinite(begin) and math.isfinite(end) and 0 <= begin < end):
            raise InputError(f"{shown}: give the seconds it begins and, behind that, the seconds it ends.")
        if end > seconds + OVERRUN:
            raise InputError(f"{shown}: the sound has {float(seconds):.3f} s; stay within it.")
        if found and begin < found[-1][1]:
            before = "-".join(f"{float(time):g}" for time in found[-1])
            raise InputError(f"{shown}: it overlaps {before}; give one part for both.")
        if begin >= seconds:
            raise InputError(f"{shown}: the sound ends at {float(seconds):.3f} s; begin earlier.")
        found.append((exact(begin), min(exact(end), seconds)))
    return tuple(found)


def checked_extension(extend: Seconds) -> None:
    """InputError for what is no length."""
    try:
        checked_seconds(extend)
    except InputError as error:
        raise InputError(f"extend = {extend}: give the seconds wanted behind the end, above 0.") from error


def _check_sound(wave: Tensor, rate: int) -> None:
    if wave.ndim != 2 or wave.shape[0] not in (1, 2) or wave.shape[1] == 0:
        raise InputError(
            f"sound to edit: its shape is {tuple(wave.shape)}; give [channels, samples] with 1 or 2 channels."
        )
    if not MIN_SAMPLING_RATE <= rate <= MAX_SAMPLING_RATE or rate != int(rate):
        raise InputError(
            f"sound to edit: rate = {rate}; give whole samples a second, {MIN_SAMPLING_RATE} to "
            f"{MAX_SAMPLING_RATE}."
        )
    if not torch.isfinite(wave).all():
        raise InputError("sound to edit: it has samples that are NaN or infinite; convert it anew.")
