"""`kling-foley generate`: a sound for a video, or for words alone."""

from __future__ import annotations

import argparse
import itertools
import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..files.whole_file import checked_output
from ..progress import Progress
from .bars import Bars
from .devices import device_option
from .edit import checked_edit, edit_options
from .marks import label_of, mark_options, marked
from .masking import check_mask_options, chosen_mask, mask_options
from .mix import MixJob, checked_mix, mix_options
from .say import remark, say
from .stems import check_music, check_stems, music_beside, prompts_of, stem_options
from .stereo import check_renderer, check_stereo, stereo_of, stereo_options
from .takes import best_take, check_takes, checked_takes, seen, take_options

if TYPE_CHECKING:
    from torch import Tensor

    from ..editing import Edit
    from ..generation.pipeline import FoleyPipeline
    from ..generation.sound import Sound
    from ..generation.video_features import VideoFeatures

AUDIO_SUFFIXES = (".wav", ".flac", ".mp3")
SHORTEST = 0.001  # seconds: samples there are, whatever the model's rate


def add_command(commands: argparse._SubParsersAction) -> None:
    generate = commands.add_parser("generate", help="a sound for a video, or for words alone")
    generate.add_argument(
        "video", nargs="?", type=Path, help="any video; left out: text to audio, with --seconds"
    )
    generate.add_argument(
        "--prompt",
        default="",
        help="what to hear; may be empty, and have times: 'rain [2-3.5] a door slams [5-] thunder'",
    )
    generate.add_argument(
        "--seconds", type=float, help="length; with a video: of the window (default: all of it)"
    )
    generate.add_argument(
        "--start", type=float, default=0.0, help="where the window begins in the video, seconds"
    )
    generate.add_argument(
        "--output", type=Path, required=True, help="OUT.mp4|.mov|.mkv|.webm or OUT.wav|.flac|.mp3"
    )
    generate.add_argument("--negative-prompt", default="", help="what not to hear; may have times too")
    sampling_options(generate)
    take_options(generate, all_of_them=True)
    edit_options(generate)
    sound_options(generate)
    generate.set_defaults(run=run)


def sound_options(parser: argparse.ArgumentParser) -> None:
    """What else acts on each clip of a `batch` as on the one of `generate`."""
    mask_options(parser)
    stem_options(parser)
    mix_options(parser)
    mark_options(parser)


def sampling_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0, help="of the starting noise; default: 0")
    parser.add_argument("--model", default="small", help="small (built in), or a folder or file of weights")
    parser.add_argument(
        "--lora",
        metavar="FILE[:STRENGTH]",
        action="append",
        type=lora_and_strength,
        default=[],
        help="a LoRA to add to the flow network, at strength 1 unless said; may be given several times",
    )
    parser.add_argument(
        "--solver", default="adams", help="of the flow: adams (the default), or euler, the paper's"
    )
    parser.add_argument("--steps", type=int, help="evaluations of the network; default: adams 8, euler 20")
    parser.add_argument(
        "--guidance", type=float, help="classifier-free guidance; default: what suits the model; 1: none"
    )
    parser.add_argument(
        "--picture-guidance",
        type=float,
        metavar="WEIGHT",
        help="guidance by the picture alone, --guidance then being that of the prompt; default: the same",
    )
    device_option(parser)
    parser.add_argument(
        "--dtype",
        default="auto",
        help="float32 or bfloat16, which encoders and generator run in; default: auto, which is faster here",
    )
    parser.add_argument(
        "--no-cache",
        dest="cache",
        action="store_false",
        help="keep nothing on disk of what the encoders make of films and texts, and use nothing kept",
    )
    parser.add_argument(
        "--compile",
        dest="compiled",
        action="store_true",
        help="run the flow network by torch.compile: a minute for each kind of length, for many clips",
    )
    stereo_options(parser)


def lora_and_strength(text: str) -> tuple[Path, float]:
    """FILE or FILE:STRENGTH; a colon may also be part of the file's name."""
    file, colon, strength = text.rpartition(":")
    with suppress(ValueError):
        if colon and math.isfinite(float(strength)):
            return Path(file), float(strength)
    return Path(text), 1.0


def run(options: argparse.Namespace) -> None:
    edit = checked_edit(options)
    mix = prepared(options)
    check_music(options)
    check_renderer(options)
    takes = checked_takes(options)
    mixes = [mix and mix.of_take(take.output) for take in takes]
    if options.video is not None:
        remark_on_model(options)
    features = None
    with Bars() as progress:
        pipeline = loaded(options, progress)
        if len(takes) > 1:
            features = seen(options, pipeline, progress)
    for take, mix in zip(takes, mixes, strict=True):
        with Bars() as progress:
            sound = generated(take, pipeline, progress, edit, features)
            music = music_beside(take, pipeline, sound, progress)
        write(take, sound, mix, music)


def prepared(options: argparse.Namespace) -> MixJob | None:
    """Refuses what can't be done with the clip, before the work; what to mix its sound with."""
    return checked_mix(options, check(options))


def remark_on_model(options: argparse.Namespace) -> None:
    """Says what the built-in model can't do with films."""
    from ..checkpoints.wanted import for_real_films
    from ..presets import SMALL

    if options.model == SMALL.name:
        remark(for_real_films("in a folder that --model names"))


def loaded(options: argparse.Namespace, progress: Progress) -> FoleyPipeline:
    from ..cache import cache_folder
    from ..generation.pipeline import FoleyPipeline
    from ..presets import SMALL

    cache = cache_folder() if options.cache else None
    pipeline = FoleyPipeline.from_pretrained(
        options.model,
        options.device,
        options.dtype,
        progress,
        options.lora,
        cache,
        compiled=options.compiled,
    )
    if options.model != SMALL.name:
        number_type = str(pipeline.dtype).removeprefix("torch.")
        remark(f"encoders and generator run in {number_type} on {pipeline.device}; --dtype says otherwise")
    return pipeline


def generated(
    options: argparse.Namespace,
    pipeline: FoleyPipeline,
    progress: Progress,
    edit: Edit | None = None,
    features: VideoFeatures | None = None,
) -> Sound:
    """The sound that the options ask for, without music; after `check`. `features`: those of the video, where
    they are there already."""
    prompts = prompts_of(options)
    make = partial(
        pipeline.generate,
        prompt=prompts.effects,
        negative_prompt=prompts.effects_negative,
        solver=options.solver,
        steps=options.steps,
        guidance=options.guidance,
        stereo=stereo_of(options),
        progress=progress,
        picture_guidance=options.picture_guidance,
        edit=edit,
    )
    if options.best_of > 1:
        return best_take(options, pipeline, make, progress)
    if features is not None:
        return make(features=features, seed=options.seed)
    window = {"start": options.start, "seconds": options.seconds}
    return make(video=options.video, **window, seed=options.seed, mask=chosen_mask(options))


def write(options: argparse.Namespace, sound: Sound, mix: MixJob | None, music: Sound | None = None) -> None:
    """The sound in its file, mixed with music and the film's own as asked for; says what was made."""
    wave, rate = marked(options, sound), sound.sampling_rate
    label = label_of(options, sound, in_part=False)
    with _kept_on_failure(options.output, wave, rate, label):
        if mix is None:
            _write(options, wave, rate, _file_label(options, sound, mix))
        else:
            made = mix.mixed(wave, rate, music and (marked(options, music), music.sampling_rate))
            wave, rate = made.sound, made.rate
            _write(options, wave, rate, _file_label(options, sound, mix))
            mix.write_stems(made, label)
    length = f"{wave.shape[1]} samples, {wave.shape[1] / rate:.3f} s"
    say(f"{options.output}: {length}, {len(wave)} channels, {rate} Hz")


def check(options: argparse.Namespace) -> Fraction | float:
    """Refuses before the weights are read what can't be done, or could not be written after it; gives the
    seconds of the sound."""
    from ..generation.settings import check_prompts, video_window
    from ..media import check_target, probe

    output, video = options.output, options.video
    sound_only = _sound_only(options)
    check_sampling(options, options.seconds, has_video=video is not None)
    checked_output(output)
    if video is None and not sound_only:
        raise InputError(
            f"--output {output}: without a video there is only sound; name it .wav, .flac or .mp3."
        )
    notes: list[str] = []
    seconds = options.seconds
    if video is not None:
        seconds, _ = video_window(video, options.start, options.seconds)
        notes += probe(video).notes
    if seconds < SHORTEST:
        raise InputError(f"seconds = {float(seconds):g}: the sound needs at least {SHORTEST:g} s.")
    check_stems(options, seconds)
    prompts = prompts_of(options)
    check_prompts(prompts.effects, prompts.effects_negative, seconds)
    check_stereo(options, seconds, has_video=video is not None)
    check_mask_options(options, seconds)
    check_takes(options, seconds)
    if not sound_only:
        notes += check_target(video, output, start=options.start, seconds=options.seconds)
    for note in notes:
        remark(note)
    return seconds


def check_sampling(options: argparse.Namespace, seconds: float | None, *, has_video: bool) -> None:
    """Refuses what can't be sampled, or not on this machine."""
    from ..generation.settings import check_settings
    from ..networks.device import checked_device
    from ..networks.number_type import checked_number_type

    check_settings(
        options.steps,
        options.guidance,
        1,
        seconds,
        has_video=has_video,
        picture_guidance=options.picture_guidance,
        solver=options.solver,
    )
    checked_device(options.device)
    checked_number_type(options.dtype)


def _sound_only(options: argparse.Namespace) -> bool:
    return options.output.suffix.lower() in AUDIO_SUFFIXES


def _file_label(options: argparse.Namespace, sound: Sound, mix: MixJob | None) -> str | None:
    """None also where the file holds nothing that was generated."""
    own_sound = "replace" if mix is None else mix.settings.own_sound
    if own_sound == "keep":
        return None
    return label_of(options, sound, in_part=own_sound == "mix" or not _sound_only(options))


def _write(options: argparse.Namespace, wave: Tensor, rate: int, label: str | None) -> None:
    """The sound alone or under the picture."""
    from ..media import mux, save_audio

    if _sound_only(options):
        save_audio(options.output, wave, rate, label=label)
    else:
        window = {"start": options.start, "seconds": options.seconds}
        mux(options.video, wave, rate, options.output, **window, label=label)


@contextmanager
def _kept_on_failure(output: Path, wave: Tensor, rate: int, label: str | None) -> Iterator[None]:
    """If what follows fails, the generated sound is kept somewhere: it took the longest."""
    try:
        yield
    except Exception as error:
        kept = _kept(output, wave, rate, label)
        where = "could not be kept either" if kept is None else f"is in {kept}"
        raise InputError(f"{error} The sound was made; it {where}.") from error


def _kept(output: Path, wave: Tensor, rate: int, label: str | None) -> Path | None:
    """Where the sound is now: beside the output, else in the working folder, else among temporary files."""
    from ..media import save_audio

    elsewhere = (Path(folder, "kling-foley.wav") for folder in (Path.cwd(), tempfile.gettempdir()))
    for place in (output.with_suffix(".wav"), *elsewhere):
        with suppress(InputError):
            free = _unused(place)
            save_audio(free, wave, rate, label=label)
            return free
    return None


def _unused(path: Path) -> Path:
    """`path`, or with a number behind its name if there is such a file already."""
    numbered = (path.with_stem(f"{path.stem}-{i}") for i in itertools.count(1))
    return next(p for p in itertools.chain([path], numbered) if not os.path.lexists(p))
