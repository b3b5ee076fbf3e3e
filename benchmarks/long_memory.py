"""Memory of `kling-foley generate` against the length of the film: a table in Markdown.

    python benchmarks/long_memory.py FOLDER --minutes 1 10 60 --fps 25 [--narrow] [OPTION OF GENERATE ...]

Makes films of 1080p, with sound, in FOLDER (100 MB a minute at 25 frames a second; FFmpeg's program is
needed), gives each a sound in a process of its own, and asks Linux ten times a second what memory that
process holds itself (RssAnon) and how much of it is pages of files (RssFile), which the system takes back
when it needs the room. `--narrow`: networks of the kinds of `small`, untrained and a tenth as wide inside;
what passes between them, which alone grows with the length, is as wide as ever.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from kling_foley_core.checkpoints import save_own
from kling_foley_core.presets import SMALL
from kling_foley_core.systems.assembly import KIND_OF_PART, untrained

PICTURE = "testsrc2=size=1920x1080:rate="
SOUND = ["-f", "lavfi", "-i", "sine=f=300:r=48000,tremolo=f=2"]
CODECS = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "250", "-c:a", "aac"]
INTERVAL = 0.1  # seconds


@dataclass
class Peak:
    """Most memory in MB; `stage`: what the process was at when it held most of its own."""

    own: int = 0
    files: int = 0
    stage: str = ""


def narrow_system(folder: Path) -> Path:
    """Its files, in a folder of their own."""
    preset = replace(
        SMALL,
        generator=replace(
            SMALL.generator, hidden_dim=64, num_heads=1, joint_depth=1, audio_depth=1, mlp_ratio=1
        ),
        text=replace(SMALL.text, layers=1),
        visual=replace(SMALL.visual, widths=(8, 8, 8, 8)),
        sync=replace(SMALL.sync, widths=(8, 8), hidden=16, fine=4),
        vae=replace(SMALL.vae, width=16),
        vocoder=replace(SMALL.vocoder, width=16, inner=32, layers=1),
        stereo=replace(SMALL.stereo, hidden=16),
    )
    for part in (*KIND_OF_PART, "text", "vae", "vocoder", "stereo"):
        kind = "t5" if part == "text" else KIND_OF_PART.get(part, part)
        state = untrained(preset, part).state_dict()
        save_own(folder / "narrow" / f"{part}.safetensors", state, kind, getattr(preset, part))
    return folder / "narrow"


def film(folder: Path, minutes: int, fps: str) -> Path:
    """The same minute again and again, joined without encoding."""
    minute, made = folder / f"minute-{fps}.mp4", folder / f"{minutes}min-{fps}.mp4"
    ffmpeg = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
    if not minute.exists():
        picture = ["-f", "lavfi", "-i", f"{PICTURE}{fps}"]
        subprocess.run([*ffmpeg, *picture, *SOUND, "-t", "60", *CODECS, str(minute)], check=True)
    if not made.exists():
        looped = ["-stream_loop", str(minutes - 1), "-i", str(minute), "-c", "copy"]
        subprocess.run([*ffmpeg, *looped, "-t", str(60 * minutes), str(made)], check=True)
    return made


def measured(video: Path, output: Path, options: list[str]) -> tuple[Peak, float]:
    """Runs the command; InputErrors of it end the program with what it said."""
    command = [sys.executable, "-m", "kling_foley_core.cli", "generate", str(video), "--output", str(output)]
    command += ["--no-cache"]
    log, peak, begin = output.with_suffix(".log"), Peak(), time.monotonic()
    with log.open("w") as errors:
        process = subprocess.Popen([*command, *options], stderr=errors, stdout=subprocess.DEVNULL)
        while process.poll() is None:
            note(process.pid, log, peak)
            time.sleep(INTERVAL)
    if process.returncode:
        sys.exit(log.read_text()[-2000:])
    return peak, time.monotonic() - begin


def note(pid: int, log: Path, peak: Peak) -> None:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:  # it has just ended
        return
    found = {name: int(kb) >> 10 for name, kb in re.findall(r"(RssAnon|RssFile):\s+(\d+) kB", status)}
    peak.files = max(peak.files, found.get("RssFile", 0))
    if found.get("RssAnon", 0) > peak.own:
        peak.own, peak.stage = found["RssAnon"], last_stage(log)


def last_stage(log: Path) -> str:
    """The stage of the last progress bar that was written."""
    with log.open("rb") as file:
        file.seek(max(0, os.path.getsize(log) - 500))
        stages = re.findall(r"([a-z][a-z ]+?)\s*:\s+\d+%", file.read().decode(errors="replace"))
    return stages[-1].strip() if stages else "start"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fps", default="25")
    parser.add_argument("--minutes", type=int, nargs="+", default=[1, 10, 60])
    parser.add_argument("--narrow", action="store_true")
    chosen, options = parser.parse_known_args()
    if chosen.narrow:
        options += ["--model", str(narrow_system(chosen.folder))]
    print("| minutes of 1080p | own memory, MB | when | pages of files, MB | s |\n|---|---|---|---|---|")
    for minutes in chosen.minutes:
        video = film(chosen.folder, minutes, chosen.fps)
        peak, seconds = measured(video, chosen.folder / f"{video.stem}.out.mp4", options)
        print(f"| {minutes} | {peak.own} | {peak.stage} | {peak.files} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
