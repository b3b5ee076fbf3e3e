"""From a manifest to windows: clips are cut to pieces, each is measured and compared with the limits, and
windows are made of those that keep them (paper section 3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InputError
from ...progress import Progress, silent
from ..manifest import Clip, Manifest, Rejected
from ..splits import HELD_OUT, TRAIN
from .join import join
from .limits import Limits, misses
from .measures import MeasureCache, Measures
from .measuring import MeasuredPiece, measured_clips
from .repeats import repeats
from .temporal import augmented
from .windows import Cutting, Piece, Window, window_of

if TYPE_CHECKING:
    from .clap import Clap


@dataclass(frozen=True)
class Curation:
    """`clips`: all that the manifest holds, used or not; `pieces`: what they were cut to, by `Piece.id`, and
    what was measured of each that could be read. `rejected`: by the id of a row, a clip or a piece, what no
    window holds, each with its reason. `limits`: those that were kept."""

    manifest: Path
    limits: Limits
    clips: tuple[Clip, ...]
    pieces: Mapping[str, Piece]
    measures: Mapping[str, Measures]
    windows: tuple[Window, ...]
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]

    def check_usable(self) -> None:
        """Raises InputError where no window could be made."""
        if not self.windows:
            reasons = Counter(rejected.reason for rejected in self.rejected)
            said = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
            raise InputError(
                f"{self.manifest}: nothing is usable of {len(self.clips)} clips ({said}). The first: "
                f"{self.rejected[0].why}"
            )


def curate(
    manifest: Manifest,
    limits: Limits,
    cutting: Cutting,
    cache: Path | None = None,
    progress: Progress = silent,
    clap: Clap | None = None,
) -> Curation:
    """`cache`: a folder that keeps measures, so that an interrupted run goes on where it was. `clap` None:
    the agreement of sound and caption is not measured."""
    found: dict[str, MeasuredPiece] = {}
    rejected = list(manifest.rejected)
    for clip in measured_clips(manifest.clips, cutting, clap, MeasureCache(cache), progress):
        found |= {measured.piece.id: measured for measured in clip.pieces}
        rejected += clip.rejected
    pieces = {name: measured.piece for name, measured in found.items()}
    measures = {name: measured.measures for name, measured in found.items()}

    beyond = {name: r for name in pieces if (r := _beyond(pieces[name], measures[name], limits))}
    kept = [piece for name, piece in pieces.items() if name not in beyond]
    repeated = repeats(kept, measures)
    kept = [piece for piece in kept if piece.id not in repeated]

    joined, left = join([piece for piece in kept if piece.seconds < cutting.least], cutting)
    whole = [window_of(p, found[p.id].source_seconds) for p in kept if p.seconds >= cutting.least]
    unused = {r.id for r in left}
    train = [piece for piece in kept if piece.clip.split == TRAIN and piece.id not in unused]
    made, notes = augmented(train, sum(w.split == TRAIN for w in [*whole, *joined]), cutting)
    windows = (*whole, *joined, *made)
    return Curation(
        manifest=manifest.path,
        limits=limits,
        clips=manifest.clips,
        pieces=pieces,
        measures=measures,
        windows=windows,
        rejected=(*rejected, *beyond.values(), *repeated.values(), *left),
        notes=(*manifest.notes, *notes, *_one_sided(windows)),
    )


def _beyond(piece: Piece, measures: Measures, limits: Limits) -> Rejected | None:
    """The first limit that is missed is the reason; all are named. Damage comes first."""
    if damage := measures.sound.damage:
        return Rejected(piece.id, "damaged sound", f"{piece.clip.place}: {piece.clip.sound}: {damage}.")
    missed = list(misses(measures, limits))
    if not missed:
        return None
    why = f"{piece.clip.place}: {', '.join(map(str, missed))}; --limit {missed[0].name}=... changes it."
    return Rejected(piece.id, missed[0].name, why)


def _one_sided(windows: Sequence[Window]) -> tuple[str, ...]:
    """A note where all windows are of one split: trainers want both."""
    splits = {window.split for window in windows}
    return tuple(
        f"no window is of split {split}; give some rows that split, or more clips."
        for split in (TRAIN, HELD_OUT)
        if windows and split not in splits
    )
