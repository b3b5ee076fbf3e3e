"""`kling-foley demo | generate | inspect | world | train | bundle | evaluate`: the library from a terminal.

Progress goes to standard error, one bar per stage; what was made goes to standard output, one line each. Bad
input ends with one line that names it, exit code 2.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import InputError
from .evaluation.command import add_command as add_evaluate
from .training.command import add_command as add_train
from .whole_file import checked_output

if TYPE_CHECKING:
    from torch import Tensor

AUDIO_SUFFIXES = (".wav", ".flac", ".mp3")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry; returns the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except InputError as error:
        print(f"kling-foley: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:
        print("kling-foley: cancelled", file=sys.stderr)  # noqa: T201
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kling-foley", description="Video and text to synchronised stereo sound."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    generate = commands.add_parser("generate", help="a sound for a video, or for words alone")
    generate.add_argument(
        "video", nargs="?", type=Path, help="any video; left out: text to audio, with --seconds"
    )
    generate.add_argument("--prompt", default="", help="what to hear; may be empty")
    generate.add_argument("--negative-prompt", default="", help="what not to hear")
    generate.add_argument(
        "--seconds", type=float, help="length; with a video: of the window (default: all of it)"
    )
    generate.add_argument(
        "--start", type=float, default=0.0, help="where the window begins in the video, seconds"
    )
    generate.add_argument(
        "--output", type=Path, required=True, help="OUT.mp4|.mov|.mkv|.webm or OUT.wav|.flac|.mp3"
    )
    _sampling_options(generate)
    generate.set_defaults(run=_generate)

    demo = commands.add_parser("demo", help="a sound for the embedded clip, and how far it is from the truth")
    demo.add_argument("--output", type=Path, default=Path("out/demo.mp4"))
    _sampling_options(demo)
    demo.set_defaults(run=_demo)

    add_train(commands, _Bars)
    bundle = commands.add_parser("bundle", help="trained parts to one file, as a model is shipped")
    bundle.add_argument("files", nargs="+", type=Path, help="one of each part")
    bundle.add_argument("--output", type=Path, required=True, help="OUT.safetensors")
    bundle.set_defaults(run=_bundle)
    add_evaluate(commands, _Bars)

    inspect = commands.add_parser("inspect", help="says what a model file is")
    inspect.add_argument("files", nargs="+", type=Path)
    inspect.set_defaults(run=_inspect)

    world = commands.add_parser("world", help="clips of the generated world, with their sound and truth")
    world.add_argument("--seed", type=int, default=0)
    world.add_argument("--clips", type=int, default=8)
    world.add_argument(
        "--out", type=Path, required=True, help="folder: a film, truth, caption and picture each"
    )
    world.set_defaults(run=_world)
    return parser


def _sampling_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="small", help="small (built in), or a folder or file of weights")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument(
        "--guidance", type=float, help="classifier-free guidance; default: what suits the model; 1: none"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--stereo",
        choices=["coherent", "mels"],
        default="coherent",
        help="one vocoder pass, both sides in phase; or the paper's: a mel each, vocoded apart",
    )
    parser.add_argument("--device", help="cpu, cuda, mps; default: the best there is")


def _generate(options: argparse.Namespace) -> None:
    from .media import save_audio
    from .pipeline import FoleyPipeline

    _check(options)  # before the weights are read, let alone used
    with _Bars() as progress:
        pipeline = FoleyPipeline.from_pretrained(options.model, device=options.device)
        sound = pipeline.generate(
            video=options.video,
            prompt=options.prompt,
            negative_prompt=options.negative_prompt,
            start=options.start,
            seconds=options.seconds,
            steps=options.steps,
            guidance=options.guidance,
            seed=options.seed,
            stereo=options.stereo,
            progress=progress,
        )
    wave, rate = sound.waveform[0], sound.sampling_rate
    if options.output.suffix.lower() in AUDIO_SUFFIXES:
        save_audio(options.output, wave, rate)
    else:
        _mux(options, wave, rate)
    length = f"{wave.shape[1]} samples, {wave.shape[1] / rate:.3f} s"
    _say(f"{options.output}: {length}, {len(wave)} channels, {rate} Hz")


def _check(options: argparse.Namespace) -> None:
    """Refuses before the work what can't be done, or could not be written after it."""
    from .media import check_target
    from .pipeline import check_settings, checked_device, video_window

    output, video = options.output, options.video
    sound_only = output.suffix.lower() in AUDIO_SUFFIXES
    check_settings(options.steps, options.guidance, 1, options.seconds, has_video=video is not None)
    checked_device(options.device)
    checked_output(output)
    if video is None and not sound_only:
        raise InputError(
            f"--output {output}: without a video there is only sound; name it .wav, .flac or .mp3."
        )
    if video is not None:
        video_window(video, options.start, options.seconds)
    if not sound_only:
        check_target(video, output, start=options.start, seconds=options.seconds)


def _mux(options: argparse.Namespace, wave: Tensor, rate: int) -> None:
    """Sound under the picture; if that fails, the sound alone is kept: it took the longest."""
    from .media import mux, save_audio

    try:
        mux(options.video, wave, rate, options.output, start=options.start, seconds=options.seconds)
    except Exception as error:
        kept = _unused(options.output.with_suffix(".wav"))
        save_audio(kept, wave, rate)
        raise InputError(f"{error} The sound was made; it is in {kept}.") from error


def _unused(path: Path) -> Path:
    """`path`, or with a number behind its name if there is such a file already."""
    numbered = (path.with_stem(f"{path.stem}-{i}") for i in itertools.count(1))
    return next(p for p in itertools.chain([path], numbered) if not p.exists())


def _demo(options: argparse.Namespace) -> None:
    from .demo import CLIP, scene
    from .demo.distance import distance
    from .evaluation.pictures import clip_picture
    from .media import load_audio

    options.output.parent.mkdir(parents=True, exist_ok=True)
    shown = scene()
    options.video, options.prompt, options.negative_prompt = CLIP, shown.caption, ""
    options.start, options.seconds = 0.0, None
    _generate(options)
    sound, rate = load_audio(options.output)
    for line in distance(sound, rate, shown):
        _say(line)
    drawn = options.output.with_suffix(".png")
    clip_picture(shown, sound, rate).save(drawn)
    _say(f"{drawn}: film, spectrogram with true (above) and heard (below) impacts, true and heard pan")


def _inspect(options: argparse.Namespace) -> None:
    from .checkpoints import describe

    wrong = []
    for file in options.files:
        try:
            _say(describe(file))
        except InputError as error:
            wrong.append(str(error))
    if wrong:
        raise InputError("\n".join(wrong))


def _bundle(options: argparse.Namespace) -> None:
    from .training.bundle import write_bundle

    write_bundle(options.files, options.output)
    _say(f"{options.output}: {options.output.stat().st_size / 1e6:.1f} MB")


def _world(options: argparse.Namespace) -> None:
    from .foley_world import write_world

    with _Bars() as progress:
        films = write_world(options.seed, options.clips, options.out, progress)
    for film in films:
        _say(f"{film}: {film.with_suffix('.txt').read_text().strip()}")


def _say(line: str) -> None:
    print(line)  # noqa: T201


class _Bars:
    """Progress as one bar per stage on standard error."""

    def __init__(self) -> None:
        self.stage, self.bar = "", None

    def __enter__(self) -> Callable[[str, int, int], None]:
        return self.show

    def show(self, stage: str, done: int, total: int) -> None:
        from tqdm import tqdm

        if stage != self.stage:
            self.close()
            self.stage, self.bar = stage, tqdm(total=total, desc=f"{stage:16s}", unit="", leave=True)
        self.bar.total = total
        self.bar.update(done - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()

    def __exit__(self, *_: object) -> None:
        self.close()


if __name__ == "__main__":
    sys.exit(main())
