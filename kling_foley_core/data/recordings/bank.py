"""A folder with many sounds and their mels, memory-mapped: training reads any second of any clip at once.

    waves.i16    int16 [samples of all clips]
    mels.f16     float16 [mel frames of all clips, bands]; a clip has frames * hop samples
    index.json   name, kind, split, first mel frame and frames of each clip

Mels are made once, of whole clips: no crop has an edge of its own, and the codec's step costs no spectrogram.
float16 rounds a log mel by at most 0.004. Our choice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...codec import LogMel, MelConfig
from ...errors import InputError
from ...files.cached import reading, write_sum
from ...files.temporary import temporary_file
from ...files.whole_file import made_folder
from ...progress import Progress, silent
from .clip import Clip

WAVES, MELS, INDEX = "waves.i16", "mels.f16", "index.json"
FILES = (WAVES, MELS, INDEX)
LONGEST = 12  # seconds; the rest of a clip is left out
SHORTEST = 2  # shorter clips are followed by silence


@dataclass(frozen=True)
class Entry:
    name: str
    kind: str
    split: str
    first: int  # mel frame
    frames: int


def build_bank(
    folder: Path, clips: Iterable[Clip], mel: MelConfig, *, total: int, progress: Progress = silent
) -> None:
    """A bank is whole or absent. `total`: of the progress bar."""
    log_mel, entries, first = LogMel(mel), [], 0
    with temporary_file(made_folder(folder.parent, "the cache"), "") as draft:
        draft.mkdir()
        with (draft / WAVES).open("wb") as waves, (draft / MELS).open("wb") as mels:
            for i, clip in enumerate(clips):
                wave = _fitted(clip.wave, mel)
                bands = log_mel(torch.from_numpy(wave)[None])[0]
                waves.write((wave * 32767).round().astype("<i2").tobytes())
                mels.write(bands.T.contiguous().numpy().astype("<f2").tobytes())
                entries.append(Entry(clip.name, clip.kind, clip.split, first, bands.shape[1]))
                first += bands.shape[1]
                progress("collecting sounds", i + 1, max(total, i + 1))
        if not entries:
            raise InputError("data: there is no sound at all; set data.world to 1 or more.")
        (draft / INDEX).write_text(json.dumps([vars(e) for e in entries], indent=0))
        for name in FILES:
            write_sum(draft / name)
        try:
            os.replace(draft, folder)
        except OSError:
            if not folder.is_dir():  # another run has just made the same
                raise


def _fitted(wave: np.ndarray, mel: MelConfig) -> np.ndarray:
    """Within -1..1, a whole number of latent frames, between SHORTEST and LONGEST."""
    wave = np.clip(wave[: LONGEST * mel.sampling_rate], -1, 1).astype(np.float32)
    step = 2 * mel.hop
    length = -(-max(len(wave), SHORTEST * mel.sampling_rate) // step) * step
    return np.pad(wave, (0, length - len(wave)))


class SoundBank:
    """Reads a bank."""

    def __init__(self, folder: Path, mel: MelConfig) -> None:
        self.mel = mel
        with reading(folder, *FILES):
            self.entries = [Entry(**e) for e in json.loads((folder / INDEX).read_text())]
            frames = sum(e.frames for e in self.entries)
            # Given shapes: a file that was cut is found out here, not at the clip it lacks.
            self.waves = np.memmap(folder / WAVES, "<i2", "r", shape=(frames, mel.hop))
            self.mels = np.memmap(folder / MELS, "<f2", "r", shape=(frames, mel.n_mels))

    def select(self, split: str, kind: str | None = None) -> list[Entry]:
        return [e for e in self.entries if e.split == split and kind in (None, e.kind)]

    def mel_of(self, entry: Entry, start: int = 0, frames: int | None = None) -> Tensor:
        """[bands, frames] float32."""
        rows = self._rows(entry, start, frames)
        return torch.from_numpy(self.mels[rows].astype(np.float32).T.copy())

    def wave_of(self, entry: Entry, start: int = 0, frames: int | None = None) -> Tensor:
        """[frames * hop] float32; `start` in mel frames."""
        rows = self._rows(entry, start, frames)
        return torch.from_numpy(self.waves[rows].astype(np.float32).ravel() / 32767)

    @staticmethod
    def _rows(entry: Entry, start: int, frames: int | None) -> slice:
        return slice(entry.first + start, entry.first + (entry.frames if frames is None else start + frames))


class Crops:
    """Random crops of one split: kinds by their shares, clips by their length, places evenly."""

    def __init__(self, bank: SoundBank, split: str, shares: dict[str, float], frames: int) -> None:
        self.bank, self.frames = bank, frames
        if frames > SHORTEST * bank.mel.sampling_rate // bank.mel.hop:
            raise InputError(
                f"crop.frames = {frames}: clips may be as short as {SHORTEST} s; take shorter crops."
            )
        self.kinds = [k for k in shares if shares[k] > 0 and bank.select(split, k)]
        if not self.kinds:
            raise InputError(
                f"data.shares = {shares}: the sounds hold none of these kinds; give world a share."
            )
        self.shares = torch.tensor([shares[k] for k in self.kinds])
        self.of_kind = {k: bank.select(split, k) for k in self.kinds}
        self.lengths = {k: torch.tensor([float(e.frames) for e in es]) for k, es in self.of_kind.items()}

    def places(self, batch: int, generator: torch.Generator) -> list[tuple[Entry, int]]:
        """(clip, first frame) of each crop; crops begin on latent frames."""
        out = []
        for kind in torch.multinomial(self.shares, batch, True, generator=generator):
            name = self.kinds[int(kind)]
            entry = self.of_kind[name][int(torch.multinomial(self.lengths[name], 1, generator=generator))]
            room = max(0, entry.frames - self.frames) // 2
            out.append((entry, 2 * int(torch.randint(room + 1, (1,), generator=generator))))
        return out

    def mels(self, batch: int, generator: torch.Generator) -> Tensor:
        """[batch, bands, frames]."""
        return torch.stack([self.bank.mel_of(e, s, self.frames) for e, s in self.places(batch, generator)])

    def pairs(self, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """mel [batch, bands, frames] and the wave of the same frames, [batch, 1, frames * hop]."""
        places = self.places(batch, generator)
        mels = torch.stack([self.bank.mel_of(e, s, self.frames) for e, s in places])
        return mels, torch.stack([self.bank.wave_of(e, s, self.frames) for e, s in places]).unsqueeze(1)
