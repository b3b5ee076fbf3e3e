"""The files of the feature networks: found in folders by their tensors, opened by their kind.

No file is believed for its name, but of several that fit the one called as its authors call it is taken:
tensors can't tell all relatives apart. Headers alone are read while looking.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import torch

from ...checkpoints.finding import weight_files
from ...checkpoints.header import read_header
from ...errors import InputError
from ...limits import MAX_WEIGHT_FILES
from .catalogue import NETWORKS, NetworkKind, Shapes
from .feature_network import FeatureNetwork

FOLDER = "the folder that --networks names"
END, DIGITS = 2**20, 12


def find_networks(folders: Iterable[str | Path]) -> dict[str, Path]:
    """The name of each network that has a file -> that file: the one with its published name, else the first
    folder's, the nearest, by its name."""
    return {name: files[0] for name, files in _fitting(folders).items()}


def not_chosen(folders: Iterable[str | Path], names: Collection[str]) -> list[str]:
    """A sentence for each network of `names` that several files fit."""
    return [
        f"{', '.join(map(str, files))} all fit {NETWORKS[name].heading}; the first is taken."
        for name, files in _fitting(folders).items()
        if name in names and len(files) > 1
    ]


def weights_of(path: Path) -> str:
    """The file's name, and digits that tell its weights from others: of its length and its last MiB, where
    a zip has the checksums of all tensors and other formats the last of them. The same on every machine."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - END))
        return f"{path.name} ({hashlib.sha256(b'%d ' % size + file.read()).hexdigest()[:DIGITS]})"


def not_used(folders: Iterable[str | Path]) -> list[str]:
    """A sentence for each file that could be taken for a network's and is none: a relative's, or damaged;
    and for each folder that could not be read to its end."""
    folders = list(folders)
    sentences = [text for folder in folders for text in weight_files(Path(folder)).left_out]
    for path in _files(folders):
        shapes = _shapes_of(path)
        if isinstance(shapes, str):
            sentences.append(shapes)
        elif not _recognised(shapes):
            sentences += [
                f"{path} is {relative}, not {kind.heading}; get {kind.file} ({kind.where})."
                for kind in NETWORKS.values()
                if (relative := kind.instead(shapes))
            ]
    return sentences


def open_network(
    name: str, found: Mapping[str, Path], device: torch.device | str = "cpu", folder: str = FOLDER
) -> FeatureNetwork:
    """`found`: of find_networks. InputError for a network whose file is missing or unfit."""
    if not at_hand(name, found):
        raise InputError(missing(name, folder))
    return NETWORKS[name].load(found.get(name, Path()), torch.device(device))


def concerns(name: str, text: str) -> bool:
    """Whether a sentence of `not_used` is about what could have been the network's file."""
    kind = NETWORKS[name]
    return bool(kind.file) and (kind.file in text or kind.heading in text)


def tokens_of(name: str, path: Path) -> str:
    """Digits of what the network of that file reads captions by; empty where it reads none."""
    return NETWORKS[name].tokens(path)


def at_hand(name: str, found: Mapping[str, Path]) -> bool:
    """Whether it can be opened: it has a file, or needs none."""
    return name in found or not _kind(name).file


def missing(name: str, folder: str = FOLDER) -> str:
    """What to get, from whom, for which measures, and where to put it."""
    kind = _kind(name)
    return (
        f"{kind.heading}, for {kind.judges}, is not there: get {kind.file} ({kind.where}) and put it into "
        f"{folder}."
    )


def _kind(name: str) -> NetworkKind:
    if name not in NETWORKS:
        raise InputError(f"network = {name!r} does not exist; choose one of {', '.join(NETWORKS)}.")
    return NETWORKS[name]


def _fitting(folders: Iterable[str | Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in _files(folders):
        shapes = _shapes_of(path)
        for name in [] if isinstance(shapes, str) else _recognised(shapes):
            found.setdefault(name, []).append(path)
    return {
        name: sorted(dict.fromkeys(files), key=lambda path: path.name != NETWORKS[name].file)
        for name, files in found.items()
    }


def _files(folders: Iterable[str | Path]) -> list[Path]:
    return [path for folder in folders for path in weight_files(Path(folder)).files]


def _recognised(shapes: Shapes) -> list[str]:
    return [name for name, kind in NETWORKS.items() if kind.file and kind.recognise(shapes)]


def _shapes_of(path: Path) -> Shapes | str:
    """Or why the file can't be read."""
    try:
        status = os.stat(path)
    except OSError as error:
        return f"{path} can't be read ({error.strerror or error})."
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=MAX_WEIGHT_FILES)
def _read(path: Path, changed: int, size: int) -> Shapes | str:
    """Once for a file, and again when it has changed."""
    try:
        return {name: spec.shape for name, spec in read_header(path).specs.items()}
    except InputError as error:
        return str(error)
