"""The systems among weight files: each flow network with the encoders, codec and renderer that fit it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..checkpoints.finding import weight_files
from ..checkpoints.scan import Network, scan
from ..checkpoints.wanted import wanted_parts
from ..presets import PRESETS
from ..weights import BUILT_IN
from .compatibility import WHAT, Source, fits, mismatches

SMALL_NAME = "small (built in)"
KINDS_OF = {
    "visual": ("clip_visual",),
    "text": ("clip_text", "t5"),
    "sync": ("synchformer",),
    "vae": ("vae",),
    "vocoder": ("vocoder",),
    "stereo": ("stereo",),
}
OPTIONAL = ("stereo",)  # models without it make mono sound


@dataclass(frozen=True)
class System:
    """`parts`: "generator", "visual", "text", "sync", "vae", "vocoder" and perhaps "stereo". `missing`: for
    every part that is not there a sentence; a system without one is complete."""

    name: str
    parts: dict[str, Network]
    missing: dict[str, str]


def systems(folders: Iterable[Path]) -> list[System]:
    """What these folders and those below hold: the built-in system, then the complete ones, then the others;
    by headers alone."""
    small, _ = scan([BUILT_IN], checked=False)
    files = {file: folder for folder in folders for file in weight_files(folder).files}
    networks, _ = scan(files, checked=False)
    flow = [n for n in networks if n.kind == "mmdit"]
    names = _names({n.path: files[n.path] for n in flow})
    found = [system_of(n, networks, names[n.path]) for n in flow]
    built_in = system_of(next(n for n in small if n.kind == "mmdit"), small, SMALL_NAME)
    return [built_in, *sorted(found, key=lambda system: bool(system.missing))]


def _names(folders: dict[Path, Path]) -> dict[Path, str]:
    """A name for each file in its folder of models: as short as tells it from the others."""
    names: dict[Path, str] = {}
    for way in (
        lambda path: path.name,
        lambda path: str(path.relative_to(folders[path])),
        lambda path: str(Path(folders[path].name, path.relative_to(folders[path]))),
        str,
    ):
        taken = Counter(map(way, folders))
        names |= {path: way(path) for path in folders if path not in names and taken[way(path)] == 1}
    return names


def system_of(generator: Network, networks: list[Network], name: str) -> System:
    """The flow network with those of `networks` that fit it."""
    choice = _Choice(generator, networks)
    for part in KINDS_OF:
        choice.choose(part)
    return System(name, choice.parts, choice.missing)


class _Choice:
    """Parts taken one after the other, each so that it fits those before."""

    def __init__(self, generator: Network, networks: list[Network]) -> None:
        self.networks = networks
        self.parts = {"generator": generator}
        self.missing: dict[str, str] = {}
        self.wanted = wanted_parts(generator.config)
        self.preset = next((p for p in PRESETS.values() if generator.config == p.generator), None)

    def choose(self, part: str) -> None:
        """Of several that fit, one in a file with the flow network, or the preset's, or in a file with
        another part, or in the same folder: equal widths alone make no common space."""
        others = {name: n.config for name, n in self.parts.items()}
        found = [n for n in self.networks if n.kind in KINDS_OF[part] and fits(part, n.config, **others)]
        meant, flow = getattr(self.preset, part, None), self.parts["generator"].path
        if part == "vocoder" and "vae" not in self.parts and meant is not None:  # there is no VAE to ask
            found = [n for n in found if n.config == meant]
        together = {n.path for n in self.parts.values()}
        for likelier in (
            lambda n: n.path == flow,
            lambda n: meant is not None and n.config == meant,
            lambda n: n.path in together,
            lambda n: n.path.parent == flow.parent,
        ):
            found = [n for n in found if likelier(n)] or found
        if len({n.config for n in found}) > 1:
            names = ", ".join(dict.fromkeys(n.path.name for n in found))
            self.missing[part] = (
                f"{WHAT[part]}: several fit ({names}); leave the one that the flow network was trained with, "
                "and put the others into another folder."
            )
        elif found:
            self.parts[part] = found[0]
        elif part not in OPTIONAL:
            self.missing[part] = self._misfit(part) or f"{WHAT[part]}: {self.wanted[part]}."

    def _misfit(self, part: str) -> str | None:
        """What is wrong with a network of this kind that lies beside the flow network, if there is one."""
        flow = self.parts["generator"]
        beside = [n for n in self.networks if n.kind in KINDS_OF[part] and n.path.parent == flow.path.parent]
        known = {name: Source(n.path.name, n.config) for name, n in self.parts.items()}
        for network in beside:
            known[part] = Source(network.path.name, network.config)
            for sentence in mismatches(**known):
                return sentence
        return None
