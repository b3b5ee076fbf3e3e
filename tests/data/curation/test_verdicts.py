"""A set of films and sounds, each broken in its own way: every one gets the verdict that it was made for."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from kling_foley_core.data.curation import Curation, Cutting, curate
from kling_foley_core.data.curation.limits import DEFAULT
from kling_foley_core.data.manifest import read_manifest
from kling_foley_core.foley_world import make_scene
from kling_foley_core.foley_world.clips import write_clip
from kling_foley_core.media import load_audio, save_audio

from .films import write_film
from .sounds import RATE, knocks, low_passed, noise

SECONDS = 4
LIMITS = replace(DEFAULT, short_side=64.0)
USED = "used"


def spoilt(path: Path) -> Path:
    """With a hole in its middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 30_000] = bytes(30_000)
    path.write_bytes(data)
    return path


def half_silent() -> torch.Tensor:
    wave = knocks(SECONDS, 21)
    wave[:, 2 * RATE :] = 0
    return wave


SOUNDS = {  # name -> (sound, verdict)
    "silent": (lambda: torch.zeros(1, SECONDS * RATE), "silence_ratio"),
    "half silent": (half_silent, "silence_ratio"),
    "clipped": (lambda: (30 * knocks(SECONDS, 22)).clamp(-1, 1), "clipping_ratio"),
    "telephone": (lambda: low_passed(knocks(SECONDS, 23), 3400), "bandwidth"),
    "offset": (lambda: knocks(SECONDS, 24) / 2 + 0.2, "dc_offset"),
    "rain": (lambda: noise(SECONDS, 25) / 20, USED),
    "knocks": (lambda: knocks(SECONDS, 26), USED),
    "moment": (lambda: knocks(0.5, 27), "too short"),
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory) -> list[tuple[str, str, str, str]]:
    """(id, video, audio, verdict)."""
    folder = tmp_path_factory.mktemp("set")
    found = []
    for name, (sound, verdict) in SOUNDS.items():
        save_audio(folder / f"{name}.wav", sound(), RATE)
        found.append((name, "", folder / f"{name}.wav", verdict))
    save_audio(folder / "holes.flac", knocks(SECONDS, 28), RATE)
    found.append(("holes", "", spoilt(folder / "holes.flac"), "damaged sound"))

    films = {
        seed: write_film(folder / f"{seed}.mp4", knocks(SECONDS, seed), SECONDS, seed) for seed in (1, 2)
    }
    found += [(f"film {seed}", film, "", USED) for seed, film in films.items()]
    copy = write_film(folder / "copy.mp4", 0.4 * knocks(SECONDS, 1), SECONDS, 1, width=96, bit_rate=48_000)
    found.append(("film copy", copy, "", "duplicate"))
    found.append(("mute", write_film(folder / "mute.mp4", None, SECONDS, 3), "", "unreadable file"))
    small = write_film(folder / "small.mp4", knocks(SECONDS, 4), SECONDS, 4, width=64)
    found.append(("small", small, "", "short_side"))
    (folder / "cut.mp4").write_bytes(films[1].read_bytes()[:20_000])
    found.append(("cut", folder / "cut.mp4", "", "unreadable file"))
    (folder / "words.mp4").write_text("not a film")
    found.append(("words", folder / "words.mp4", "", "unreadable file"))
    found.append(("gone", folder / "gone.mp4", "", "missing file"))

    world = [write_clip(make_scene(seed, "train", float(SECONDS)), folder, (64, 64), 8) for seed in (1, 2)]
    found += [(f"world {seed}", film, "", USED) for seed, film in enumerate(world, 1)]
    wave, rate = load_audio(world[1])
    save_audio(folder / "world.mp3", 0.5 * wave, rate)
    found.append(("world copy", "", folder / "world.mp3", "duplicate"))
    return found


@pytest.fixture(scope="module")
def curation(rows, tmp_path_factory) -> Curation:
    path = tmp_path_factory.mktemp("manifest") / "set.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [("id", "video", "audio", "split"), *(row[:3] + ("train",) for row in rows)]
        )
    cutting = Cutting(seconds=float(SECONDS), least=float(SECONDS), augment=0.0, seed=0)
    return curate(read_manifest(path, {}), LIMITS, cutting)


def test_every_clip_has_its_verdict(rows, curation):
    verdicts = {
        curation.pieces[r.id].clip.id if r.id in curation.pieces else r.id: r for r in curation.rejected
    }
    said = {name: verdicts[name].reason if name in verdicts else USED for name, *_ in rows}
    assert said == {name: verdict for name, _, _, verdict in rows}
    assert {piece.clip.id for window in curation.windows for piece in window.pieces} == {
        name for name, verdict in said.items() if verdict == USED
    }


def test_every_reason_says_the_row_and_what_to_do(rows, curation):
    for line, (name, *_, verdict) in enumerate(rows, start=2):
        whys = [r.why for r in curation.rejected if r.id.startswith(name) and r.reason == verdict]
        assert verdict == USED or any(f"set.csv line {line}" in why for why in whys)
