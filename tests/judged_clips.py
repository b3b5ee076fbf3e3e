"""Clips to judge that are made on the spot, and a feature network that needs no weights; in a file of their
own, where other processes find them."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from multiprocessing import parent_process
from pathlib import Path

import numpy as np
import torch
from clips import write_clip
from torch import Tensor

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.clips import networks
from kling_foley_core.evaluation.clips.clip import Clip
from kling_foley_core.evaluation.clips.gathering import Gathering
from kling_foley_core.evaluation.clips.sharing import Work
from kling_foley_core.evaluation.networks.film_frames import FilmFrames
from kling_foley_core.media import mux, save_audio

RATE = 16000
LOG = "KLING_FOLEY_TEST_LOG"  # a file that gets a line for each question to the network
DEADLY = 0.987  # a peak of the sound at which the process ends


def wave(number: int, seconds: float = 1.0) -> Tensor:
    """[1, N]: a tone and hits, of its own for each number."""
    rng = np.random.default_rng(number)
    t = np.arange(round(seconds * RATE)) / RATE
    sound = 0.1 * np.sin(2 * np.pi * (200 + 90 * number) * t)
    for at in rng.uniform(0.1, max(0.2, seconds - 0.2), 3):
        first = round(at * RATE)
        sound[first : first + 800] += 0.5 * rng.standard_normal(len(sound[first : first + 800]))
    return torch.from_numpy(sound.astype(np.float32).clip(-0.9, 0.9))[None]


def film(path: Path, number: int, seconds: float = 1.0) -> Path:
    """With a sound of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    silent = write_clip(path.with_name(f"silent-{path.name}"), seconds)
    mux(silent, wave(number, seconds), RATE, path)
    silent.unlink()
    return path


def sound(path: Path, number: int, seconds: float = 1.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_audio(path, wave(number, seconds), RATE)
    return path


def clip(name: str, film: str | None = None, **values) -> Clip:
    clip = Clip(
        id=name,
        film=Path(film) if film else None,
        sound=None,
        reference=None,
        own_sound=True,
        caption="",
        scenario="",
        labels=(),
        start=0.0,
        seconds=None,
        names=(),
        place="list.csv line 2",
    )
    return replace(clip, **values)


class Spectra:
    """Stands for YAMNet: the loudness of 6 bands, in windows of half a second."""

    name = "yamnet"

    def of_sound(self, sound: Tensor, rate: int, seconds: float = 8.0) -> dict[str, Tensor]:
        logged("sound")
        mono = sound.mean(0)[: int(rate * seconds)]
        if abs(float(mono.abs().max()) - DEADLY) < 1e-3:
            os.kill(os.getpid(), signal.SIGKILL)
        if len(mono) < rate // 2:
            raise InputError(f"a sound of {len(mono) / rate:g} s: Spectra needs 0.5 s; give a longer one.")
        windows = mono[: len(mono) // (rate // 2) * (rate // 2)].reshape(-1, rate // 2)
        bands = torch.fft.rfft(windows).abs()[:, 1:].tensor_split(6, 1)
        embedding = torch.stack([band.mean(1).log1p() for band in bands], 1)
        return {"embedding": embedding, "logits": embedding.mean(0)}


def logged(what: str) -> None:
    if log := os.environ.get(LOG):
        with open(log, "a") as file:
            file.write(f"{os.getpid()} {what}\n")


class Beside:
    """Stands for a network that also looks at films and reads words, and compares as Synchformer does."""

    def of_sound(self, sound: Tensor, rate: int, seconds: float = 8.0) -> dict[str, Tensor]:
        logged("sound")
        return {"embedding": sound[0, :4], "tokens": sound[0, :12].reshape(1, 2, 6)}

    def of_film(self, film: FilmFrames) -> dict[str, Tensor]:
        logged(f"film {film.source.name} {float(film.start):g} {float(film.seconds):g}")
        return {"embedding": torch.ones(4), "tokens": torch.ones(1, 2, 6)}

    def of_text(self, text: str) -> dict[str, Tensor]:
        logged(f"text {text}")
        return {"embedding": torch.ones(4)}

    def compare(self, film_tokens: Tensor, sound_tokens: Tensor) -> Tensor:
        logged("compare")
        return (film_tokens * sound_tokens).sum() * torch.ones(2, 21)


def with_beside(patch) -> None:
    """All networks are `Beside`."""
    patch(networks, "at_hand", lambda name, found: True)
    patch(networks, "open_network", lambda name, found, device: Beside())


def with_spectra(patch) -> None:
    """`patch(module, name, value)`: YAMNet is `Spectra`, and no other network is there."""
    patch(networks, "at_hand", lambda name, found: name == "yamnet")
    patch(networks, "missing", lambda name: f"{name} is not there; get it.")
    patch(networks, "open_network", lambda name, found, device: Spectra())


@dataclass(frozen=True)
class SpectraWork(Work):
    """In other processes too, where nothing is patched yet."""

    def gathering(self, device: str) -> Gathering:
        if parent_process() is not None:
            with_spectra(setattr)
        return super().gathering(device)


def work(features: Path, *asked: str, found: Mapping[str, Path] | None = None) -> SpectraWork:
    return SpectraWork(asked, features, found or {}, 8.0)
