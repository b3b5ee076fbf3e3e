"""What is to become of the generated and the film's own sound."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError
from .ducking import EFFECTS, Ducking

REPLACE, KEEP, MIX = OWN_SOUND = ("replace", "keep", "mix")
MAX_GAIN = 60.0  # dB either way
LOUDNESS = (-60.0, -5.0)  # LUFS: below it gates decide, above it there is only limiting
MAX_FADE = 600.0  # seconds
MUSIC_LEVEL = -12.0  # LU from the effects: heard under them, and covers none; our choice


@dataclass(frozen=True)
class MixSettings:
    """`own_sound`: replace (only the generated sound is heard), keep (only the film's own, unchanged; the
    generated is a stem) or mix (both).

    gain_db, own_gain_db: of the generated and the own sound. loudness: LUFS of the result, or None to leave
    it as the gains make it. fade_in, fade_out: seconds, of the generated sound. music_level: loudness of the
    music, where there is some, from that of the effects, LU; it is part of the generated sound, and gain and
    fades act on both.
    """

    own_sound: str
    gain_db: float
    own_gain_db: float
    loudness: float | None
    ducking: Ducking | None
    fade_in: float
    fade_out: float
    music_level: float = MUSIC_LEVEL

    def __post_init__(self) -> None:
        if self.own_sound not in OWN_SOUND:
            raise InputError(f"own sound {self.own_sound!r}: choose {', '.join(OWN_SOUND)}.")
        for name, value in (("gain", self.gain_db), ("own gain", self.own_gain_db)):
            if not -MAX_GAIN <= value <= MAX_GAIN:
                raise InputError(f"{name} = {value:g} dB: give {-MAX_GAIN:g} to {MAX_GAIN:g}.")
        if self.loudness is not None and not LOUDNESS[0] <= self.loudness <= LOUDNESS[1]:
            raise InputError(f"loudness = {self.loudness:g} LUFS: give {LOUDNESS[0]:g} to {LOUDNESS[1]:g}.")
        for name, value in (("fade in", self.fade_in), ("fade out", self.fade_out)):
            if not 0 <= value <= MAX_FADE:
                raise InputError(f"{name} = {value:g} s: give 0 to {MAX_FADE:g} s.")
        if not -MAX_GAIN <= self.music_level <= MAX_GAIN:
            raise InputError(f"music level = {self.music_level:g} dB: give {-MAX_GAIN:g} to {MAX_GAIN:g}.")
        self._check_agree()

    def _check_agree(self) -> None:
        kept = self.own_sound == KEEP
        if self.own_sound == REPLACE and self.ducking is not None:
            raise InputError("ducking: own sound 'replace' leaves one sound only; choose mix.")
        if self.own_sound != MIX and self.own_gain_db:
            raise InputError(f"own gain = {self.own_gain_db:g} dB: it acts with own sound 'mix' only.")
        if self.own_sound == REPLACE and self.gain_db and self.loudness is not None:
            raise InputError(
                f"gain = {self.gain_db:g} dB and loudness = {self.loudness:g} LUFS: with one sound only, the "
                "loudness decides; give one of the two."
            )
        if kept and self.loudness is not None:
            raise InputError("loudness: own sound 'keep' leaves the film's sound as it is; choose mix.")
        if kept and self.ducking is not None and self.ducking.under == EFFECTS:
            raise InputError("ducking under effects: own sound 'keep' leaves it as it is; choose mix.")
