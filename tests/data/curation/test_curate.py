"""From clips on the disk to windows, with a reason for all that is not used."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from clips import write_clip

from kling_foley_core.data.curation import Curation, Cutting, curate
from kling_foley_core.data.curation.limits import DEFAULT
from kling_foley_core.data.manifest import read_manifest
from kling_foley_core.errors import InputError
from kling_foley_core.media import load_audio, mux, save_audio

RATE = 16000
LIMITS = replace(DEFAULT, short_side=64.0)
FOUR = Cutting(seconds=4.0, least=4.0, augment=0.0, seed=0)


def noise(path: Path, seconds: float, seed: int, *, level: float = 0.1, silent: float = 0.0) -> Path:
    """Noise that swells and fades, silent at its end."""
    draw = torch.Generator().manual_seed(seed)
    count = round(seconds * RATE)
    swell = torch.rand(1, 1, round(seconds * 8) + 2, generator=draw)
    swell = torch.nn.functional.interpolate(swell, count, mode="linear")[0]
    wave = torch.randn(1, count, generator=draw) * level * swell
    wave[:, count - round(silent * RATE) :] = 0
    save_audio(path, wave.clamp(-1, 1), RATE)
    return path


def write_pictures(path: Path, seconds: int, seed: int) -> Path:
    """Another picture each second."""
    draw = np.random.default_rng(seed)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for _ in range(seconds):
            picture = draw.integers(0, 256, (8, 12, 3), np.uint8).repeat(8, 0).repeat(8, 1)
            for _ in range(25):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def manifest(folder: Path, *rows: str, header: str = "id,video,audio,caption,start,seconds,split") -> Path:
    path = folder / "clips.csv"
    path.write_text("".join(f"{line}\n" for line in (header, *rows)), encoding="utf-8")
    return path


def curated(path: Path, cutting: Cutting = FOUR, **options) -> Curation:
    return curate(read_manifest(path, {}), options.pop("limits", LIMITS), cutting, **options)


def reasons(found: Curation) -> dict[str, str]:
    return {rejected.id: rejected.reason for rejected in found.rejected}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    for seed, name in enumerate(("a.wav", "b.wav", "c.wav"), 1):
        noise(folder / name, 6.5, seed)
    noise(folder / "short.wav", 2.0, 4)
    noise(folder / "short2.wav", 3.0, 5)
    noise(folder / "silence.wav", 4.0, 6, silent=2.0)
    noise(folder / "loud.wav", 4.0, 7, level=10.0)
    (folder / "broken.wav").write_bytes(b"RIFFno")
    write_clip(folder / "mute.mp4", seconds=4.0)
    write_pictures(folder / "bars.mp4", seconds=4, seed=1)
    wave, _ = load_audio(noise(folder / "own.wav", 4.0, 8))
    mux(folder / "mute.mp4", wave, RATE, folder / "film.mp4")
    return folder


def test_every_piece_is_used_once_or_has_a_reason(folder) -> None:
    path = manifest(
        folder,
        "film,film.mp4,,a square,,,train",
        "mute,mute.mp4,,a square,,,train",
        "both,bars.mp4,c.wav,a square,1,2.5,train",
        "a,,a.wav,wind,,,train",
        "b,,b.wav,wind,2,,train",
        "gone,,gone.wav,,,,",
        "late,,b.wav,wind,7,,",
        "silence,,silence.wav,wind,,,train",
        "loud,,loud.wav,wind,,,train",
        "broken,,broken.wav,wind,,,train",
        "short,,short.wav,rain,,,train",
        "short2,,short2.wav,rain,,,train",
    )
    found = curated(path)
    *whole, joined = found.windows
    assert {window.id for window in whole} == {"film 0.00-4.00", "a 0.00-4.00", "b 2.00-6.00"}
    assert {piece.clip.id for piece in joined.pieces} == {"short", "short2"}
    assert reasons(found) == {
        "gone": "missing file",
        "mute": "unreadable file",
        "late": "unreadable file",
        "broken": "unreadable file",
        "both 1.00-3.48": "too short to join",
        "a 4.00-6.50": "short remainder",
        "b 6.00-6.50": "short remainder",
        "silence 0.00-4.00": "silence_ratio",
        "loud 0.00-4.00": "clipping_ratio",
    }
    used = {piece.clip.id for window in found.windows for piece in window.pieces}
    rejected = {name.split(" ")[0] for name in reasons(found)}
    assert used | rejected == {clip.id for clip in found.clips} | {"gone"}
    assert "silence_ratio 0.5 is above 0.2; --limit silence_ratio=..." in str(found.rejected)


def test_a_film_without_sound_says_so(folder) -> None:
    found = curated(manifest(folder, "mute,mute.mp4,,,,,", "a,,a.wav,,,,"))
    (rejected,) = (r for r in found.rejected if r.id == "mute")
    assert "clips.csv line 2" in rejected.why and "no sound" in rejected.why


def test_windows_know_their_source(folder) -> None:
    (window,) = curated(manifest(folder, "b,,b.wav,wind,2,,train")).windows
    assert (window.seconds_start, window.seconds_total) == (2.0, 6.5)


def test_a_sound_that_ends_before_its_film(folder) -> None:
    path = manifest(folder, "x,mute.mp4,short2.wav,,,,", "y,mute.mp4,a.wav,,,,")
    found = curated(path)
    assert reasons(found) == {"x 0.00-4.00": "sound too short"}
    assert "has 3.00 s of sound from 0.00 s on; 4 s are needed" in found.rejected[0].why
    kept = curated(path, replace(FOUR, least=2.0))
    assert {window.id for window in kept.windows} >= {"x 0.00-3.00"}


def test_duplicates(folder) -> None:
    path = manifest(
        folder,
        "one,,a.wav,wind,0,4,train",
        "same,,a.wav,wind,0,4,held_out",
        "words,,a.wav,a storm,0,4,train",
        "other,,b.wav,wind,0,4,train",
    )
    found = curated(path)
    assert reasons(found) == {"same 0.00-4.00": "duplicate"}
    copy = (folder / "copy.wav").write_bytes((folder / "b.wav").read_bytes())
    assert copy
    path = manifest(
        folder, "other,,b.wav,wind,0,4,train", "copy,,copy.wav,wind,0,4,held_out", "c,,c.wav,x,0,4,train"
    )
    found = curated(path)
    assert reasons(found) == {"other 0.00-4.00": "duplicate"}  # what is held out is never learned from
    assert "copy 0.00-4.00 has the same sound, and is kept instead" in found.rejected[0].why


def test_nothing_usable(folder) -> None:
    found = curated(manifest(folder, "loud,,loud.wav,,,,", "broken,,broken.wav,,,,"))
    with pytest.raises(InputError, match="nothing is usable of 2 clips .*1 unreadable file.* first: "):
        found.check_usable()


def test_an_interrupted_run_goes_on(folder, tmp_path, monkeypatch) -> None:
    path = manifest(folder, *(f"{name},,{name}.wav,,,," for name in ("a", "b", "c")))
    whole = curated(path)

    def interrupted(stage: str, done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        curated(path, cache=tmp_path, progress=interrupted)
    assert curated(path, cache=tmp_path) == whole
    measure = import_module("kling_foley_core.data.curation.measures.pieces")
    monkeypatch.setattr(measure, "sound_windows", None)
    assert curated(path, cache=tmp_path) == whole  # nothing is measured again


class WindClap:
    """Agrees with wind."""

    key = "weights"

    def agreement(self, wave: torch.Tensor, rate: int, caption: str) -> float:
        return 0.5 if caption == "wind" else -0.5


def test_captions_that_do_not_agree(folder, tmp_path) -> None:
    path = manifest(folder, "a,,a.wav,wind,,4,", "b,,b.wav,a lie,,4,", "c,,c.wav,,,4,")
    found = curated(path, clap=WindClap(), cache=tmp_path)
    assert reasons(found) == {"b 0.00-4.00": "clap"}
    assert found.measures["a 0.00-4.00"].clap == 0.5 and found.measures["c 0.00-4.00"].clap is None
    assert not reasons(curated(path, cache=tmp_path))  # measures without it are others


def test_a_split_without_windows_is_noted(folder) -> None:
    (note,) = curated(manifest(folder, "a,,a.wav,wind,,4,train")).notes
    assert note == "no window is of split held_out; give some rows that split, or more clips."
    rows = ("a,,a.wav,wind,,4,train", "b,,b.wav,wind,,4,test")
    assert not curated(manifest(folder, *rows)).notes


def test_augmented_windows_are_in_addition(folder) -> None:
    rows = ["short,,short.wav,a bell,,,train", "short2,,short2.wav,a drum,,2,train"]
    found = curated(manifest(folder, *rows, "a,,a.wav,wind blows,,4,train"), replace(FOUR, augment=1.0))
    assert [len(window.pieces) for window in found.windows] == [1, 2, 2, 2]
    assert {w.split for w in found.windows} == {"train"}
