"""Error of a sampled latent over network calls, for each solver; and what is heard of it.

    .venv/bin/python benchmarks/solvers.py --json OUT.json --picture benchmarks/results/solvers.png
    .venv/bin/python benchmarks/solvers.py --hits 16 --seconds 8

Clips of Foley World that no training has seen, `small`, the same noise for all. Error: root mean square of
the difference to the solution (Runge-Kutta of order 4, 20 steps, 80 calls), over that of the solution; that
of Euler's method with 200 steps is printed for comparison. A call is one evaluation of the guided field.
What is in the JSON file already is not computed again. --hits: F1 of the hits within 50 ms.

Guidance interval (Kynkaanniemi et al. 2024): guided from the first to the second time, elsewhere the
conditions alone, which is half a call. It has a solution of its own.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import other_solvers as others
import torch
from other_solvers import Method, Velocity
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from kling_foley_core.analysis.onsets import onsets
from kling_foley_core.evaluation.measures.matching import hits_of, total
from kling_foley_core.evaluation.runners.clips import video_features
from kling_foley_core.flow import SOLVERS, euler, guided, noise, time_grid
from kling_foley_core.foley_world import make_scene, scene_number, truth_of
from kling_foley_core.generation.pipeline import FoleyPipeline
from kling_foley_core.mmdit import Conditions, Features
from kling_foley_core.timing import latent_frames

SEED = 5
GUIDANCE = (2.0, 4.5)  # what suits `small`; MMAudio's
INTERVAL = (0.1, 0.8)
CALLS = (4, 6, 8, 12, 16)
BASELINE = 25  # Euler's steps in MMAudio
CROWDED = SOLVERS["adams"].crowding


@dataclass(frozen=True)
class Way:
    """A method, how its times crowd at both ends, and its calls a step."""

    method: Method
    crowding: float = 0.0
    per_step: int = 1
    colour: tuple[int, int, int] | None = None  # None: not in the picture


def of_library(name: str) -> Method:
    def follow(velocity: Velocity, x: Tensor, times: list[float]) -> Tensor:
        return SOLVERS[name].follow(
            lambda x, t: velocity(x, float(t[0])), x, torch.tensor(times), lambda *_: None
        )

    return follow


WAYS = {
    "Euler": Way(of_library("euler"), colour=(130, 130, 130)),
    "Adams, crowded (default)": Way(of_library("adams"), CROWDED, colour=(200, 40, 40)),
    "Adams": Way(of_library("adams"), colour=(230, 150, 60)),
    "AB2": Way(others.adams_bashforth(2), colour=(44, 110, 150)),
    "DPM++ 2M": Way(others.dpmpp_2m, colour=(80, 150, 80)),
    "UniPC 2": Way(others.unipc_2, colour=(120, 80, 160)),
    "midpoint": Way(others.midpoint, per_step=2, colour=(150, 110, 70)),
    "Heun": Way(others.heun, per_step=2, colour=(60, 160, 170)),
    "AB2 with Euler's end (lms 2)": Way(partial(others.adams_bashforth(2, eulers_end=True))),
    "AB3": Way(others.adams_bashforth(3)),
    "Adams with AB2 predicting": Way(others.adams(2, 3)),
    "Adams with AB2 predicting, crowded": Way(others.adams(2, 3), CROWDED),
    "Euler, crowded": Way(of_library("euler"), CROWDED),
    "DPM++ 2M, crowded": Way(others.dpmpp_2m, CROWDED),
    "UniPC 2, crowded": Way(others.unipc_2, CROWDED),
}


@dataclass
class Clips:
    """Conditions with everything and with nothing; noise [B, L, C]."""

    given: Conditions
    empty: Conditions
    x0: Tensor

    def field(self, pipeline: FoleyPipeline, weight: float, interval: bool) -> Velocity:
        model, size = pipeline.parts.generator, len(self.x0)
        both = guided(model, self.given, self.empty, weight)
        alone = guided(model, self.given, self.empty, 1.0)

        def velocity(x: Tensor, t: float) -> Tensor:
            inside = not interval or INTERVAL[0] <= t <= INTERVAL[1]
            return (both if inside else alone)(x, torch.full((size,), t))

        return velocity


def clips_of(pipeline: FoleyPipeline, count: int, seconds: float, first: int = 0) -> Clips:
    scenes = [make_scene(scene_number(SEED, first + i), "eval", seconds) for i in range(count)]
    seen = [video_features(pipeline, scene) for scene in scenes]
    model, codec = pipeline.parts.generator, pipeline.parts.codec
    length = latent_frames(seen[0].seconds, codec.sampling_rate, codec.hop)
    given = Features.of(
        Fraction(seconds),
        visual=torch.cat([s.visual for s in seen]),
        sync=torch.cat([s.sync for s in seen]),
        text=pipeline.parts.text.encode([scene.caption for scene in scenes]),
        start=0.0,
        total=seconds,
    )
    empty = model.condition(given.without_video().with_text(None), length, torch.float32)
    return Clips(
        model.condition(given, length, torch.float32),
        Conditions(*(c.expand(count, *c.shape[1:]) for c in empty)),
        noise(SEED + first, count, model.config.latent_dim, length),
    )


class Errors:
    """Errors by "guidance / interval / way / calls", kept in a file."""

    def __init__(self, pipeline: FoleyPipeline, clips: Clips, file: Path | None) -> None:
        self.pipeline, self.clips, self.file = pipeline, clips, file
        self.known: dict[str, float] = json.loads(file.read_text()) if file and file.exists() else {}
        self.solutions: dict[tuple[float, bool], Tensor] = {}

    def of(self, weight: float, interval: bool, name: str, calls: int) -> float:
        key = f"guidance {weight:g}{', interval' if interval else ''} / {name} / {calls}"
        if key not in self.known:
            way = WAYS[name]
            times = time_grid(calls // way.per_step, crowding=way.crowding).tolist()
            made = way.method(self.clips.field(self.pipeline, weight, interval), self.clips.x0, times)
            solution = self._solution(weight, interval)
            self.known[key] = float((made - solution).norm() / solution.norm())
            print(f"{key}: {self.known[key]:.4f}", flush=True)
            if self.file:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                self.file.write_text(json.dumps(self.known, indent=1) + "\n")
        return self.known[key]

    def _solution(self, weight: float, interval: bool) -> Tensor:
        if (weight, interval) not in self.solutions:
            field = self.clips.field(self.pipeline, weight, interval)
            times = time_grid(20, crowding=CROWDED).tolist()
            self.solutions[weight, interval] = others.runge_kutta_4(field, self.clips.x0, times)
        return self.solutions[weight, interval]


def table(errors: Errors, weight: float, calls: tuple[int, ...], names: list[str], interval: bool) -> str:
    def cell(name: str, count: int) -> str:
        return f"{errors.of(weight, interval, name, count):.3f}" if count % WAYS[name].per_step == 0 else ""

    rows = ["| " + " | ".join([name, *(cell(name, n) for n in calls)]) + " |" for name in names]
    head = f"| guidance {weight:g}{', in the interval' if interval else ''}: calls | "
    return "\n".join([head + " | ".join(map(str, calls)) + " |", "|---" * (len(calls) + 1) + "|", *rows])


WIDTH, HEIGHT, LEFT, BOTTOM, TOP, TEXT = 760, 420, 90, 60, 40, 17
INK, PAPER, GRID = (40, 40, 40), (255, 255, 255), (225, 225, 225)
LABELS = 245  # pixels for the names at the right


def drawn(errors: Errors, weight: float, calls: tuple[int, ...]) -> Image.Image:
    """Both axes logarithmic; Euler's 25 steps dashed."""
    image = Image.new("RGB", (LEFT + WIDTH + LABELS, TOP + HEIGHT + BOTTOM), PAPER)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(TEXT)
    curves = {
        name: [(n, errors.of(weight, False, name, n)) for n in calls if n % way.per_step == 0]
        for name, way in WAYS.items()
        if way.colour
    }
    low, high = 0.005, 0.5

    def place(count: float, error: float) -> tuple[float, float]:
        across = math.log(count / calls[0]) / math.log(calls[-1] / calls[0])
        up = math.log(error / low) / math.log(high / low)
        return LEFT + across * WIDTH, TOP + HEIGHT * (1 - min(max(up, 0), 1))

    for error in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5):
        y = place(calls[0], error)[1]
        draw.line((LEFT, y, LEFT + WIDTH, y), fill=GRID)
        draw.text((LEFT - 8, y), f"{100 * error:g} %", fill=INK, font=font, anchor="rm")
    for count in calls:
        x = place(count, low)[0]
        draw.line((x, TOP, x, TOP + HEIGHT), fill=GRID)
        draw.text((x, TOP + HEIGHT + 6), str(count), fill=INK, font=font, anchor="ma")
    y = place(calls[0], errors.of(weight, False, "Euler", BASELINE))[1]
    for x in range(LEFT, LEFT + WIDTH, 12):
        draw.line((x, y, x + 6, y), fill=WAYS["Euler"].colour, width=2)
    ends = sorted((place(*points[-1])[1], name) for name, points in curves.items())
    at = -math.inf
    for end, name in ends:
        at = max(end, at + TEXT + 3)
        draw.text((LEFT + WIDTH + 10, at), name, fill=WAYS[name].colour, font=font, anchor="lm")
    for name, points in curves.items():
        bold = name.endswith("(default)")
        line = [place(*point) for point in points]
        draw.line(line, fill=WAYS[name].colour, width=5 if bold else 2)
        for x, y in line:
            draw.ellipse((x - 4, y - 4, x + 4, y + 4), fill=WAYS[name].colour)
    draw.text(
        (LEFT, 8), f"error of the latent, guidance {weight:g}; dashed: Euler, 25 steps", fill=INK, font=font
    )
    draw.text((LEFT + WIDTH / 2, TOP + HEIGHT + 32), "network calls", fill=INK, font=font, anchor="ma")
    return image


HEARD: dict[str, tuple[Callable[[], Tensor], Callable, bool]] = {
    "Euler 25": (lambda: time_grid(25), euler, False),
    "Adams 8": (lambda: SOLVERS["adams"].times(8), SOLVERS["adams"].follow, False),
    "Adams 6": (lambda: SOLVERS["adams"].times(6), SOLVERS["adams"].follow, False),
    "Adams 8, guided in the interval": (lambda: SOLVERS["adams"].times(8), SOLVERS["adams"].follow, True),
}


def heard(pipeline: FoleyPipeline, count: int, seconds: float) -> Iterator[str]:
    """F1 of the hits, one clip after another."""
    rate, model = pipeline.parts.codec.sampling_rate, pipeline.parts.generator
    found: dict[str, list] = {name: [] for name in HEARD}
    for i in range(count):
        scene = make_scene(scene_number(SEED, i), "eval", seconds)
        clips = clips_of(pipeline, 1, seconds, first=i)
        features = video_features(pipeline, scene)
        for name, (times, follow, interval) in HEARD.items():
            field = clips.field(pipeline, GUIDANCE[0], interval)
            made = follow(lambda x, t, field=field: field(x, float(t[0])), clips.x0, times(), lambda *_: None)
            sound = pipeline.decode(model.unnormalize(made), features, stereo="mono").waveform[0]
            found[name].append(hits_of(onsets(sound, rate), truth_of(scene)))
        yield f"{i + 1}: " + ", ".join(f"{name} {total(hits).f1 or 0.0:.3f}" for name, hits in found.items())


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clips", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--hits", type=int, metavar="CLIPS", help="only F1, of so many clips")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    pipeline = FoleyPipeline.from_pretrained("small", device="cpu")
    if options.hits:
        for line in heard(pipeline, options.hits, options.seconds):
            print(line, flush=True)
        return
    errors = Errors(pipeline, clips_of(pipeline, options.clips, options.seconds), options.json)
    print(report(errors))
    if options.picture is not None:
        options.picture.parent.mkdir(parents=True, exist_ok=True)
        drawn(errors, GUIDANCE[0], CALLS).save(options.picture, optimize=True)


def report(errors: Errors) -> str:
    shown = [name for name, way in WAYS.items() if way.colour]
    parts = [table(errors, weight, (6, 8), list(WAYS), False) for weight in GUIDANCE]
    parts += [table(errors, GUIDANCE[0], CALLS, shown, False)]
    parts += [table(errors, weight, (BASELINE,), ["Euler"], False) for weight in GUIDANCE]
    ways = ["Euler", "Adams, crowded (default)"]
    parts += [table(errors, GUIDANCE[0], (8, BASELINE), ways, True)]
    parts += [f"Euler, 200 steps: {errors.of(GUIDANCE[0], False, 'Euler', 200):.4f}"]
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
