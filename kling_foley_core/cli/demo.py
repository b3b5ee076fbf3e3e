"""`kling-foley demo`: a sound for the embedded clip, and how far it is from the truth."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..files.whole_file import made_folder, whole_file
from . import generate
from .bars import Bars
from .marks import mark_options
from .say import say
from .takes import take_options


def add_command(commands: argparse._SubParsersAction) -> None:
    demo = commands.add_parser("demo", help="a sound for the embedded clip, and how far it is from the truth")
    demo.add_argument("--output", type=Path, default=Path("out/demo.mp4"))
    generate.sampling_options(demo)
    take_options(demo)
    mark_options(demo)
    demo.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> None:
    from ..demo import CLIP, scene
    from ..demo.distance import distance
    from ..evaluation.report.pictures import clip_picture
    from ..media import load_audio

    made_folder(options.output.parent, "the folder of --output")
    shown = scene()
    options.video, options.prompt, options.negative_prompt = CLIP, shown.caption, ""
    options.start, options.seconds = 0.0, None
    options.only = options.mask = None
    options.music_prompt, options.asmr = "", False
    generate.check(options)
    generate.remark_on_model(options)
    with Bars() as progress:
        made = generate.generated(options, generate.loaded(options, progress), progress)
    generate.write(options, made, None)
    sound, rate = load_audio(options.output)
    for line in distance(sound, rate, shown):
        say(line)
    drawn = options.output.with_suffix(".png")
    with whole_file(drawn) as draft:
        clip_picture(shown, sound, rate).save(draft, "PNG")
    say(f"{drawn}: film, spectrogram with true (above) and heard (below) impacts, true and heard pan")
