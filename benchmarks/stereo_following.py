"""How well stereo follows the picture in Foley World:
python benchmarks/stereo_following.py [--clips 32] [--seed 1]

Held-out scenes of 8 and 6 s, each with and without its silent distractors, as frames rendered at once and as
mp4 films (256 x 256, H.264). The renderer that belongs to
`small` and the one that needs no training place the true sound, mixed down to mono, and the sound that
`small` makes of the frames; r is between the true x and that measured from both channels
(evaluation/measures/pan.py). Prints a table with r of hits, of what sounds on, and of both.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from kling_foley_core.evaluation.measures.pan import Pans, pans, summary
from kling_foley_core.foley_world import (
    Scene,
    make_scene,
    render_frames,
    render_sound,
    scene_number,
    truth_of,
)
from kling_foley_core.foley_world.clips import write_clip
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.generation.video_features import VideoFeatures
from kling_foley_core.stereo import render_wave
from kling_foley_core.stereo.following import VIEW
from kling_foley_core.stereo.ways import Stereo, followed

LENGTHS = (8.0, 6.0)
MEASURES = {"pan_hits_r": "hits", "pan_flows_r": "what sounds on", "pan_r": "both"}
Row = tuple[str, str, str, str]  # sound, pictures, distractors, renderer


def seen(pipeline: FoleyPipeline, scene: Scene, folder: Path) -> Iterator[tuple[str, VideoFeatures]]:
    """The scene as frames, and as a film."""
    views = {"visual": pipeline.parts.visual.view, "sync": pipeline.parts.sync.view, "movement": VIEW}
    frames = {name: render_frames(scene, (view.size, view.size), view.fps) for name, view in views.items()}
    yield "frames", pipeline.encode_frames(frames, Fraction(scene.seconds))
    film = write_clip(scene, folder)
    yield "mp4", pipeline.encode_video(film, movement=True)


def placed(pipeline: FoleyPipeline, mono: Tensor, features: VideoFeatures) -> Iterator[tuple[str, Tensor]]:
    """Sound [N] by either renderer [2, N]."""
    codec = pipeline.parts.codec
    mel = codec.mel(F.pad(mono, (0, -len(mono) % codec.mel.config.hop))[None])
    gains = pipeline.parts.stereo.gains(mel, features.sync)
    yield "trained", render_wave(mono[None, None], gains, codec.mel.config)[0]
    yield "following", followed(mono[None, None], codec.sampling_rate, Stereo("follow"), features.movement)[0]


def of_scene(pipeline: FoleyPipeline, number: int, seconds: float) -> Iterator[tuple[Row, Pans]]:
    rate, made = pipeline.parts.codec.sampling_rate, None
    for distractors in (True, False):
        scene = make_scene(number, "eval", seconds, distractors=distractors)
        truth, true = truth_of(scene), torch.from_numpy(render_sound(scene, rate))
        with tempfile.TemporaryDirectory() as folder:
            for pictures, features in seen(pipeline, scene, Path(folder)):
                if made is None:  # one sound for all rows
                    made = pipeline.generate(
                        features=features, prompt=scene.caption, stereo="mono", seed=number, solver="euler"
                    )
                for sound, mono in {"true": true.mean(0), "generated": made.waveform[0, 0]}.items():
                    for renderer, both in placed(pipeline, mono, features):
                        row = (sound, pictures, "on" if distractors else "off", renderer)
                        yield row, pans(both, rate, truth, true)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    pipeline = FoleyPipeline.from_pretrained("small", device="cpu")
    rows: dict[Row, list[Pans]] = {}
    for index in range(options.clips):
        with torch.inference_mode():
            for row, found in of_scene(pipeline, scene_number(options.seed, index), LENGTHS[index % 2]):
                rows.setdefault(row, []).append(found)
        print(f"\r{index + 1} of {options.clips}", end="", file=sys.stderr)
    one = next(iter(rows.values()))
    hits, flows = (sum(len(getattr(p, kind)) for p in one) for kind in ("hits", "flows"))
    print(
        f"\n{options.clips} clips of seed {options.seed}: {hits} hits, {flows} instants of what sounds on; ",
        end="",
    )
    print(f"torch {torch.__version__}, {datetime.date.today()}\n")
    print("| sound | pictures | distractors | renderer | " + " | ".join(MEASURES.values()) + " | side |")
    print("|---" * (5 + len(MEASURES)) + "|")
    for row, found in sorted(rows.items(), key=lambda item: (item[0][0] != "true", item[0])):
        r = summary(found)
        figures = [f"{r[name]:.2f}" for name in (*MEASURES, "pan_sign")]
        print("| " + " | ".join((*row, *figures)) + " |")


if __name__ == "__main__":
    main()
