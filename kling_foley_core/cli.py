"""`kling-foley demo | generate | inspect`: the library from a terminal.

Progress goes to standard error, one bar per stage; what was made goes to standard output, one line each. Bad
input ends with one line that names it, exit code 2.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .errors import InputError

AUDIO_SUFFIXES = (".wav", ".flac", ".mp3")
VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm")


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
        print("kling-foley: cancelled; nothing was written", file=sys.stderr)  # noqa: T201
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

    demo = commands.add_parser("demo", help="a sound for the embedded clip, and a picture of it")
    demo.add_argument("--output", type=Path, default=Path("out/demo.mp4"))
    _sampling_options(demo)
    demo.set_defaults(run=_demo)

    inspect = commands.add_parser("inspect", help="says what a model file is")
    inspect.add_argument("files", nargs="+", type=Path)
    inspect.set_defaults(run=_inspect)
    return parser


def _sampling_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="small", help="a preset's name, or a folder or file of weights")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=4.5, help="classifier-free guidance; 1: none")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", help="cpu, cuda, mps; default: the best there is")


def _generate(options: argparse.Namespace) -> None:
    from .media import mux, save_audio
    from .pipeline import FoleyPipeline

    _check_output(options.output, options.video)
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
            progress=progress,
        )
    wave, rate = sound.waveform[0], sound.sampling_rate
    if options.output.suffix.lower() in AUDIO_SUFFIXES:
        save_audio(options.output, wave, rate)
    else:
        try:
            mux(options.video, wave, rate, options.output, start=options.start, seconds=options.seconds)
        except InputError as error:
            kept = options.output.with_suffix(".wav")
            save_audio(kept, wave, rate)
            raise InputError(f"{error} The sound was made; it is in {kept}.") from error
    length = f"{wave.shape[1]} samples, {wave.shape[1] / rate:.3f} s"
    _say(f"{options.output}: {length}, {len(wave)} channels, {rate} Hz")


def _demo(options: argparse.Namespace) -> None:
    from .demo import CLIP
    from .media import FrameView, load_audio, read_views
    from .picture import picture

    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.video, options.prompt, options.negative_prompt = (
        CLIP,
        "a rubber ball bounces on a wooden floor",
        "",
    )
    options.start, options.seconds = 0.0, None
    _generate(options)
    sound, rate = load_audio(options.output)
    frames = read_views(CLIP, {"strip": FrameView(fps=8, size=96, fit="stretch")})["strip"]
    drawn = options.output.with_suffix(".png")
    picture(sound, rate, frames).save(drawn)
    _say(f"{drawn}: the film, its spectrogram, and where it is heard between left and right")


def _inspect(options: argparse.Namespace) -> None:
    from .checkpoints import describe

    for file in options.files:
        _say(describe(file))


def _check_output(output: Path, video: Path | None) -> None:
    """Refuses before the work what could not be written after it."""
    suffix = output.suffix.lower()
    if not output.parent.is_dir():
        raise InputError(f"--output {output}: the folder {output.parent} does not exist; make it first.")
    if video is None and suffix not in AUDIO_SUFFIXES:
        raise InputError(
            f"--output {output}: without a video there is only sound; name it .wav, .flac or .mp3."
        )
    if suffix not in AUDIO_SUFFIXES + VIDEO_SUFFIXES:
        kinds = ", ".join(VIDEO_SUFFIXES + AUDIO_SUFFIXES)
        raise InputError(f"--output {output}: can't write {suffix or 'a file without suffix'}; use {kinds}.")
    if video is not None and output.exists() and video.exists() and output.samefile(video):
        raise InputError(f"--output {output} is the input itself; choose another name.")


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
