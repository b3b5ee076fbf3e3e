"""Judges the clips of a list: sounds are paired or made, features gathered, figures taken.

    checked -> Plan            everything that could be wrong with the whole, before any work
    Plan.run(progress) -> result, as result.py says; None for a part, whose figures come from a run of the
    whole

Nothing but the order of the list decides what the figures are taken of: clips that other processes, machines
or runs have measured are read from the folder of features, and a clip that is not there is measured on the
way. Until `run` nothing heavy is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...progress import Progress, silent
from ..measures.table import Measure
from .manifest import Manifest
from .pairs import Pair, pairs_of, with_references, with_sound
from .part import Part

if TYPE_CHECKING:
    from .sharing import Work

SECONDS = 8.0  # of a clip that are judged: VGGSound's as MMAudio and the paper judge it
Remark = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """`devices`: one for each process. `pred`, `model`: where the sounds come from; both None: the manifest
    says it. `features`: the folder that keeps what is gathered."""

    manifest: Manifest
    asked: tuple[Measure, ...]
    pred: Path | None
    model: str | None
    reference: Path | None
    networks: tuple[Path, ...]
    output: Path
    features: Path
    seconds: float
    part: Part | None
    devices: tuple[str, ...] = ("cpu",)
    about: dict[str, Any] = field(default_factory=dict)  # of the run, for the result

    def pairs(self) -> list[Pair]:
        """Those whose sounds are to be made have none yet. InputError as `pairs_of`."""
        if self.model is None:
            return pairs_of(self.manifest.clips, self.pred, self.reference)
        return with_references(self.manifest.clips, self.reference)

    def run(
        self, pairs: Sequence[Pair], progress: Progress = silent, remark: Remark = lambda text: None
    ) -> dict[str, Any] | None:
        from ..networks.finding import find_networks, not_chosen, not_used
        from .sharing import Work, one_thread

        pairs = self._with_sounds(pairs, progress, remark)
        names = tuple(measure.name for measure in self.asked)
        needed = list(dict.fromkeys(name for measure in self.asked for name in measure.networks))
        unused = not_used(self.networks)
        for text in (*unused, *not_chosen(self.networks, needed)):
            remark(text)
        work = Work(names, self.features, find_networks(self.networks), self.seconds)
        about = _with_weights(self.about, work.found, needed)
        with one_thread():
            return self._judged(work, pairs, about, needed, unused, progress)

    def _judged(
        self,
        work: Work,
        pairs: Sequence[Pair],
        about: Mapping[str, Any],
        needed: Sequence[str],
        unused: Sequence[str],
        progress: Progress,
    ) -> dict[str, Any] | None:
        """None of a part, which only gathers."""
        from ..networks.finding import concerns
        from .gathering import given_roles
        from .result import result_of
        from .sharing import share_out

        gathering = work.gathering(self.devices[0])
        share_out(work, gathering, self._own(pairs), self.devices, progress)
        if self.part is not None:
            return None
        gathered, given = [], given_roles(pairs)
        for done, pair in enumerate(pairs, 1):
            gathered.append(gathering.gathered(pair, given))
            progress("figures", done, len(pairs))
        absent = {
            name: " ".join([why, *(text for text in unused if concerns(name, text))])
            for name, why in gathering.networks.absent(needed).items()
        }
        return result_of(about, work.asked, pairs, gathered, self.manifest.rejected, absent)

    def _own(self, pairs: Sequence[Pair]) -> Sequence[Pair]:
        return pairs if self.part is None else self.part.of(pairs)

    def _with_sounds(self, pairs: Sequence[Pair], progress: Progress, remark: Remark) -> Sequence[Pair]:
        """Sounds of the whole, or of the part alone."""
        if self.model is None:
            return pairs
        from .generating import make_sounds, records_of, wanted_sounds

        clips = [pair.clip for pair in pairs]
        wanted = {clip.id: clip for clip in wanted_sounds(clips, self.seconds)}  # names depend on all of them
        own = [wanted[pair.clip.id] for pair in self._own(pairs)]
        made = make_sounds(
            own,
            records_of(self.output / "sounds", self.model),
            self.model,
            self.devices,
            progress,
            lambda clip, why: remark(f"{clip.id}: {why}"),
        )
        return [_sounding(pair, made.get(pair.clip.id)) for pair in pairs]


def _with_weights(
    about: Mapping[str, Any], found: Mapping[str, Path], needed: Sequence[str]
) -> dict[str, Any]:
    """`about` with the file of each network in its settings: other weights give other figures."""
    from ..networks.finding import weights_of

    files = {name: weights_of(found[name]) for name in needed if name in found}
    return {**about, "settings": {**about.get("settings", {}), "networks": files}} if files else dict(about)


def _sounding(pair: Pair, made: Path | str | None) -> Pair:
    return with_sound(pair, None, made or "") if isinstance(made, str) else with_sound(pair, made)
