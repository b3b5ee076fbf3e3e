"""Raw shards as a source: encoded again, by another system, without their films."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..shards import Sample, Shards
from .raw import FRAMES, RAW, RawFormat
from .stages import Stages


class ShardSource:
    """All samples of folders of raw shards (`--model none`), in their order."""

    def __init__(self, folders: Sequence[Path], form: RawFormat) -> None:
        """Raises InputError where they hold nothing raw, or it is of another rate or size than `form`."""
        self.shards, self.form = Shards(folders), form
        header = self.shards.header
        self.name = " ".join(str(folder) for folder in folders)
        self.arrays = tuple(name for name in header.arrays if name in RAW)
        if "sound" not in self.arrays:
            raise InputError(
                f"{self.name}: these shards keep no sound and no frames to encode; give shards that were "
                "made with --model none, or the manifest."
            )
        if header.sampling_rate != form.sampling_rate:
            raise InputError(
                f"{self.name}: sound at {header.sampling_rate} Hz, and the model's codec takes "
                f"{form.sampling_rate}; extract from the manifest."
            )
        self._check_sizes()
        self.captioned = any(self.shards.read(i, ()).caption.strip() for i in range(len(self.shards)))

    def __len__(self) -> int:
        return len(self.shards)

    def identity(self, index: int) -> str:
        return self.shards.entries[index].id

    def words(self, index: int) -> Any:
        entry = self.shards.entries[index]
        return [entry.id, entry.seconds, entry.split]

    def sample(self, index: int, arrays: Collection[str], stages: Stages) -> Sample:
        with stages.timed("read"):
            return self.shards.read(index, arrays)

    def _check_sizes(self) -> None:
        for view, name in FRAMES.items():
            holder = next((i for i, e in enumerate(self.shards.entries) if name in e.members), None)
            if holder is None:
                continue
            size, wanted = self.shards.read(holder, (name,)).arrays[name].shape[-1], getattr(self.form, view)
            if size != wanted.size:
                raise InputError(
                    f"{self.name}: frames of {size} pixels, and the model's {view} encoder takes "
                    f"{wanted.size}; extract from the manifest."
                )
