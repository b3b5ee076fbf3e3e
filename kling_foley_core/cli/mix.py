"""Options of `kling-foley generate` for the own sound of a film: replace, keep or mix; levels, stems."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..files.whole_file import checked_output, made_folder
from .say import remark, say

if TYPE_CHECKING:
    from torch import Tensor

    from ..mix import Ducking, Mix, MixSettings

_HOLD = 0.3  # seconds: bridges the pauses between words
_DUCKING = {"depth": 12.0, "attack": 0.05, "release": 0.5}


def mix_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options; without any of them the generated sound is written as it is."""
    group = parser.add_argument_group("the film's own sound")
    group.add_argument(
        "--own-sound",
        choices=["replace", "keep", "mix"],
        default="replace",
        help="the film's own sound: replaced by the generated (default); kept, the generated going to "
        "--stems; or mixed with it",
    )
    group.add_argument("--gain", type=float, default=0.0, metavar="DB", help="of the generated sound")
    group.add_argument("--own-gain", type=float, default=0.0, metavar="DB", help="of the film's own sound")
    group.add_argument(
        "--loudness", type=float, metavar="LUFS", help="of the result, for example -23 (broadcast) or -14"
    )
    group.add_argument(
        "--duck",
        choices=["speech", "effects"],
        help="speech: the generated sound gives way to the film's own; effects: the other way round",
    )
    group.add_argument("--duck-depth", type=float, metavar="DB", help="how far; default: 12")
    group.add_argument("--duck-attack", type=float, metavar="S", help="time constant; default: 0.05")
    group.add_argument("--duck-release", type=float, metavar="S", help="time constant; default: 0.5")
    group.add_argument(
        "--fade",
        type=fade_in_and_out,
        default=(0.0, 0.0),
        metavar="IN[,OUT]",
        help="fade the generated sound in and out, seconds",
    )
    group.add_argument(
        "--stems", type=Path, metavar="DIR", help="write effects, music and own sound there as WAV"
    )


def fade_in_and_out(text: str) -> tuple[float, float]:
    """IN,OUT in seconds; one number is meant for both."""
    head, comma, tail = text.partition(",")
    try:
        return float(head), float(tail if comma else head)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}': give seconds in and out, such as 0.5,1") from None


@dataclass(frozen=True, eq=False)
class MixJob:
    """What to mix, with the film's own sound already read, and where the stems go."""

    settings: MixSettings
    own: tuple[Tensor, int] | None
    stems: Path | None
    output: Path

    def of_take(self, output: Path) -> MixJob:
        """The same for another file; InputError where its stems can't be written."""
        job = replace(self, output=output)
        job.check_stems()
        return job

    def check_stems(self) -> None:
        from ..mix import STEMS

        if self.stems is not None:
            made_folder(self.stems, "--stems")
            for name in STEMS:
                checked_output(stem_path(self.stems, self.output, name))

    def mixed(self, wave: Tensor, rate: int, music: tuple[Tensor, int] | None = None) -> Mix:
        """The generated sound [C, N], its music and the film's own as one; says its levels."""
        from ..mix import mixed

        made = mixed((wave, rate), self.own, self.settings, music)
        for note in made.notes:
            remark(note)
        say(f"levels: {made.levels}")
        return made

    def write_stems(self, made: Mix, label: str | None) -> None:
        """`label`: what the comment of generated sound and music says."""
        from ..media import save_audio

        if self.stems is None:
            return
        for name, wave in made.stems.items():
            path = stem_path(self.stems, self.output, name)
            save_audio(path, wave, made.rate, label=None if name == "own" else label)
            say(f"{path}: the {name} sound")


def stem_path(folder: Path, output: Path, name: str) -> Path:
    return folder / f"{output.stem}.{name}.wav"


def checked_mix(options: argparse.Namespace, seconds: float | Fraction) -> MixJob | None:
    """None where nothing was asked for; InputError for what contradicts itself or can't be done with a sound
    of `seconds`, before the work."""
    from ..mix.fades import check_fades

    settings = mix_settings(options)
    check_fades(seconds, *options.fade)
    asked = (settings.gain_db, settings.own_gain_db, *options.fade, settings.loudness is not None)
    asked += (options.music_prompt.strip(),)
    if options.own_sound == "replace" and options.stems is None and not any(asked):
        return None
    own = None if options.own_sound == "replace" else _own(options, seconds)
    job = MixJob(settings, own, options.stems, options.output)
    job.check_stems()
    return job


def mix_settings(options: argparse.Namespace) -> MixSettings:
    """What the options say, whatever the clip; InputError for what contradicts itself."""
    from ..mix import MixSettings

    if options.own_sound == "keep" and options.stems is None:
        raise InputError("--own-sound keep leaves the generated sound out of the result; give --stems DIR.")
    ducking = _ducking(options)
    levels = options.gain, options.own_gain, options.loudness
    return MixSettings(options.own_sound, *levels, ducking, *options.fade, options.music_level)


def _own(options: argparse.Namespace, seconds: float | Fraction) -> tuple[Tensor, int]:
    from ..mix import own_sound

    if options.video is None:
        raise InputError(f"--own-sound {options.own_sound}: without a video there is no own sound.")
    return own_sound(options.video, options.start, seconds)


def _ducking(options: argparse.Namespace) -> Ducking | None:
    from ..mix import Ducking

    given = {name: getattr(options, f"duck_{name}") for name in _DUCKING}
    if options.duck is None:
        for name, value in given.items():
            if value is not None:
                raise InputError(f"--duck-{name} {value:g}: say --duck speech or --duck effects too.")
        return None
    chosen = {name: _DUCKING[name] if value is None else value for name, value in given.items()}
    return Ducking(options.duck, hold=_HOLD, **chosen)
