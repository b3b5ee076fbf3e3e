"""The feature networks of a run: which are at hand, what names their weights, opened one after another.

One is held at a time: a stage of the work asks one network about all clips, and memory is that of the
largest.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...batch.run import sentence
from ..networks.feature_network import FeatureNetwork
from ..networks.finding import at_hand, missing, open_network, tokens_of
from .kept import Kept


class NotOpenedError(Exception):
    """A network that can't be opened; its measures are left out."""


class Networks:
    def __init__(self, found: Mapping[str, Path], device: str, kept: Kept) -> None:
        """`found`: of `find_networks`."""
        self.found, self.device, self.kept = found, device, kept
        self.refused: dict[str, str] = {}  # name -> why it can't be opened
        self._open: tuple[str, FeatureNetwork] | None = None
        self._facts: dict[str, list[str]] = {}

    def at_hand(self, name: str) -> bool:
        return at_hand(name, self.found)

    def opened(self, name: str) -> FeatureNetwork:
        if name in self.refused:
            raise NotOpenedError(self.refused[name])
        if self._open is None or self._open[0] != name:
            self._open = None  # let go before the next is read
            try:
                self._open = name, open_network(name, self.found, self.device)
            except Exception as error:
                self.refused[name] = sentence(error)
                raise NotOpenedError(self.refused[name]) from error
        return self._open[1]

    def facts(self, name: str) -> list[str]:
        """What tells its features from another's: its weights, its list of tokens, and the kind of device it
        runs on."""
        if name not in self._facts:
            file = self.found.get(name)
            weights, tokens = ("", "") if file is None else (self.kept.digest(file), tokens_of(name, file))
            self._facts[name] = [name, weights, tokens, self.device.partition(":")[0]]
        return self._facts[name]

    def absent(self, names: list[str]) -> dict[str, str]:
        """Name -> why there is nothing of it, and the remedy."""
        found = {name: missing(name) for name in names if not self.at_hand(name)}
        return found | self.refused
