"""Which measures tell good sound from bad: python benchmarks/judges.py --folder DIR [--clips 64]

Held-out clips of Foley World, as films with AAC sound, and four systems' sounds for them, from best to worst:
the true sound as it was rendered, the same through the codec of `small`, what `small` makes, and another
clip's true sound. Each is judged by `kling-foley evaluate clips`, and a table says which measures put two
neighbours in the right order. The same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from kling_foley_core.codec import FoleyCodec
from kling_foley_core.evaluation.measures.table import MEASURES, Measure
from kling_foley_core.evaluation.report.against import compared
from kling_foley_core.evaluation.report.result import read_result
from kling_foley_core.evaluation.runners.codec_models import open_codec
from kling_foley_core.files.whole_file import whole_file
from kling_foley_core.foley_world import Scene, make_scene, render_sound, scene_number, write_clip
from kling_foley_core.media import save_audio

SEED = 18  # a world of its own
LENGTHS = (4.0, 6.0)  # seconds, in turn
SYSTEMS = ("true", "codec", "small", "other")
COMMAND = (sys.executable, "-m", "kling_foley_core.cli", "evaluate", "clips")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    scenes = [
        make_scene(scene_number(options.seed, i), "eval", LENGTHS[i % len(LENGTHS)])
        for i in range(options.clips)
    ]
    films = [made_film(scene, options.folder / "films") for scene in scenes]
    write_list(options.folder / "clips.csv", films, scenes)
    write_sounds(options.folder, films, scenes)
    results = {name: judged(options.folder, name) for name in SYSTEMS}
    print(f"{options.clips} clips of {' and '.join(f'{s:g}' for s in LENGTHS)} s, world {options.seed}\n")
    print(table(results))


def made_film(scene: Scene, folder: Path) -> Path:
    path = folder / f"{scene.split}_{scene.seed:07d}_{scene.family}.mp4"
    return path if path.exists() else write_clip(scene, folder)


def write_list(path: Path, films: Sequence[Path], scenes: Sequence[Scene]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "film", "caption", "scenario"])
        for film, scene in zip(films, scenes, strict=True):
            rows.writerow([film.stem, f"films/{film.name}", scene.caption, scene.family])


def write_sounds(folder: Path, films: Sequence[Path], scenes: Sequence[Scene]) -> None:
    """Those of the systems that make nothing. Another clip's sound is that of the next one but one, which is
    as long; the last ones get the first ones'."""
    codec = open_codec("small", torch.device("cpu")).codec
    for i, film in enumerate(films):
        sounds = {"true": scenes[i], "codec": scenes[i], "other": scenes[(i + len(LENGTHS)) % len(scenes)]}
        for system, scene in sounds.items():
            path = folder / system / f"{film.stem}.wav"
            if path.exists():
                continue
            wave = torch.from_numpy(render_sound(scene, codec.sampling_rate))
            path.parent.mkdir(exist_ok=True)
            with whole_file(path) as draft:
                save_audio(draft, through(codec, wave) if system == "codec" else wave, codec.sampling_rate)


@torch.inference_mode()
def through(codec: FoleyCodec, wave: Tensor) -> Tensor:
    """[2, N] -> the same, each side encoded and decoded by itself."""
    given = torch.nn.functional.pad(wave, (0, -wave.shape[1] % codec.samples_per_latent))[:, None]
    latent = codec.encode(given).mean
    return codec.decode(latent, gain_db=codec.lost_db(given, latent))[:, 0, : wave.shape[1]].clamp(-1, 1)


def judged(folder: Path, system: str) -> dict[str, Any]:
    """All measures that need no file."""
    sounds = ["--model", "small"] if system == "small" else ["--pred", system]
    given = ["--manifest", "clips.csv", *sounds, "--metrics", "all", "--features", "features"]
    subprocess.run([*COMMAND, *given, "--output", f"out/{system}"], cwd=folder, check=True, env=environment())
    return read_result(folder / "out" / system)


def environment() -> dict[str, str]:
    """This library's, wherever the command runs."""
    root = str(Path(__file__).resolve().parent.parent)
    return os.environ | {"PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}


def table(results: dict[str, dict[str, Any]]) -> str:
    steps = list(zip(SYSTEMS, SYSTEMS[1:], strict=False))
    heads = ["measure", *SYSTEMS, *(f"{better} before {worse}" for better, worse in steps)]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    told = {step: said(results[step[0]], results[step[1]]) for step in steps}
    for measure in MEASURES.values():
        values = [results[system]["measures"].get(measure.name, {}).get("value") for system in SYSTEMS]
        if measure.better != "none" and None not in values:
            shown = [f"{value:.{measure.places}f}" for value in values]
            orders = [told[step].get(measure.name, "") for step in steps]
            lines.append(f"| {headed(measure)} | {' | '.join([*shown, *orders])} |")
    return "\n".join(lines)


def headed(measure: Measure) -> str:
    unit = f", {measure.unit}" if measure.unit else ""
    return f"{measure.heading}{unit} {'↑' if measure.better == 'higher' else '↓'}"


def said(better: dict[str, Any], worse: dict[str, Any]) -> dict[str, str]:
    """Measure -> "yes" or "no" where the interval of the difference says it, "open" where 0 is in it."""
    found = compared(better, worse, ("this", "other")).differences
    words = {"this": "yes", "other": "no", "": "open"}
    return {difference.measure.name: words[difference.better] for difference in found}


if __name__ == "__main__":
    main()
