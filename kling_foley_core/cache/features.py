"""What the encoders of one system make of films and texts, looked up before it is made.

The key of an entry says all that it depends on: the film's content, the window as exact fractions, the mask,
the encoder's weights, number type, kind of device and the code that encodes. Visual tokens, sync
tokens and what moves are entries of their own: another flow network, or another way of stereo, has most of
them already.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import torch
from torch import Tensor

from ..checkpoints.scan import Network
from ..encoders.text.contract import readable
from ..files.on_disk import HELD
from ..media.masks import Box, Mask
from ..media.source import Source, open_file
from ..media.window import exact
from ..stereo.following import Movement
from .content import FileAsSeen, digest_of_bytes
from .keys import code, key_of
from .store import Store

MOVEMENT = "movement"
Made = Mapping[str, Tensor | Movement]


class FeatureCache:
    def __init__(
        self, folder: Path, networks: Mapping[str, Network], device: torch.device, dtype: torch.dtype
    ) -> None:
        """`networks`: those of a system, as the files hold them: "visual", "sync", "text", ..."""
        self.store, self.device = Store(folder), device
        self._way = [device.type, str(dtype)]
        self._files = {name: _files(networks[name]) for name in ("visual", "sync", "text")}
        self._encoders: dict[str, list[str] | None] = {}

    def of_film(
        self, video: Source, start: float | Fraction, seconds: Fraction, mask: Mask | None
    ) -> FilmFeatures:
        """Those of a window; of a film that can't be told from others nothing is found or kept."""
        try:
            seen = [
                FileAsSeen.of(source) for source in (video, mask) if isinstance(source, (str, os.PathLike))
            ]
            film, shown = self._film(video), self._mask(mask)
        except OSError:  # who reads it next will say so
            seen, film, shown = [], None, None
        known = None not in (film, shown)
        return FilmFeatures(self, seen, [film, str(exact(start)), str(seconds), shown] if known else None)

    def text(self, text: str) -> Tensor | None:
        """Its tokens [1, N, dim]; None where they are not kept."""
        found = self.found("text", [readable(text)])
        return found and found["tokens"]

    def keep_text(self, text: str, tokens: Tensor) -> None:
        self.keep("text", [readable(text)], {"tokens": tokens})

    def found(self, name: str, facts: list) -> dict[str, Tensor] | None:
        key = self._key(name, facts)
        found = None if key is None else self.store.tensors(key)
        return found and {n: t.to(self.device) if t.nbytes <= HELD else t for n, t in found.items()}

    def keep(self, name: str, facts: list, tensors: dict[str, Tensor]) -> None:
        key = self._key(name, facts)
        if key is not None:
            self.store.keep(key, tensors)

    def _key(self, name: str, facts: list) -> str | None:
        if name == MOVEMENT:
            return key_of(name, facts, code())
        encoder = self._encoder(name)
        return None if encoder is None else key_of(name, facts, encoder, self._way, code())

    def _encoder(self, name: str) -> list[str] | None:
        """None where its file was changed since the system was found: who knows which was loaded."""
        if name not in self._encoders:
            digests = [seen.digest(self.store) for seen in self._files[name]]
            self._encoders[name] = None if None in digests else digests
        return self._encoders[name]

    def _film(self, video: Source) -> str | None:
        if _is_path(video):
            return FileAsSeen.of(video).digest(self.store)
        with open_file(video) as file:
            return digest_of_bytes(file)

    def _mask(self, mask: Mask | None) -> str | None:
        if mask is None or isinstance(mask, Box):
            return repr(mask)
        if isinstance(mask, Tensor):
            shown = mask.detach().cpu().contiguous()
            content = shown.reshape(-1).view(torch.uint8).numpy()
            return f"{tuple(shown.shape)} {shown.dtype} {sha256(content).hexdigest()}"
        return FileAsSeen.of(mask).digest(self.store)


class FilmFeatures:
    """Features of one window of a film: "visual" and "sync" tokens [1, N, dim], and "movement"."""

    def __init__(self, cache: FeatureCache, seen: list[FileAsSeen], facts: list | None) -> None:
        self._cache, self._seen, self._facts = cache, seen, facts

    def found(self, names: Iterable[str]) -> dict[str, Tensor | Movement]:
        """Those of the names that are kept."""
        made: dict[str, Tensor | Movement] = {}
        for name in names if self._facts is not None else ():
            found = self._cache.found(name, self._facts)
            if found is not None:
                made[name] = Movement(**found) if name == MOVEMENT else found["tokens"]
        return made

    def keep(self, made: Made) -> None:
        """Nothing where a file has been changed meanwhile: it may be of the one or of the other."""
        if self._facts is None or not all(seen.unchanged() for seen in self._seen):
            return
        for name, features in made.items():
            tensors = {"tokens": features} if isinstance(features, Tensor) else vars(features)
            self._cache.keep(name, self._facts, dict(tensors))


def _is_path(source: object) -> bool:
    return isinstance(source, (str, os.PathLike))


def _files(network: Network) -> list[FileAsSeen]:
    """The network's file, and the tokenizer beside it, which texts depend on as well."""
    beside = network.path.parent / "tokenizer.json"
    tokenized = network.kind == "t5" and beside.is_file()
    return [FileAsSeen.of(path) for path in (network.path, *([beside] if tokenized else []))]
