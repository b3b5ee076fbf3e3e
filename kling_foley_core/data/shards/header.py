"""shards.json: what all samples of a set of shards have in common. A trainer compares it with what it needs
before its first step."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ...errors import InputError
from ...files.whole_file import made_folder, whole_file
from .sample import ARRAYS

NAME = "shards.json"
FORMAT = 1


@dataclass(frozen=True)
class Header:
    """`networks`: kind of a frozen network ("vae", "t5", "clip_text", "clip_visual", "synchformer") ->
    digits that change with its weights; those that made arrays of these shards. `every_frame`: `sync` holds
    a vector for every frame at 25 a second instead of tokens. `sampling_rate`, `hop`: of `sound`, `seen`,
    and of the codec's mel."""

    arrays: tuple[str, ...]
    networks: dict[str, str]
    every_frame: bool
    sampling_rate: int
    hop: int
    source: str  # what the samples were made from, for people


def write_header(folder: Path, header: Header) -> None:
    """Raises InputError where the folder has shards of another kind already."""
    made_folder(folder, "--out")
    path = folder / NAME
    if path.exists():
        held = read_header(folder)
        if held != header:
            differing = ", ".join(k for k in asdict(header) if getattr(held, k) != getattr(header, k))
            raise InputError(
                f"--out {folder} has shards of another kind already (other {differing}); choose another "
                "folder."
            )
        return
    with whole_file(path) as draft:
        draft.write_text(json.dumps({"format": FORMAT, **asdict(header)}, indent=1) + "\n", encoding="utf-8")


def read_header(folder: Path) -> Header:
    path = Path(folder) / NAME
    if not path.is_file():
        raise InputError(
            f"--data {folder} holds no {NAME}: give a folder of shards, or make one of clips or sounds: "
            f"`kling-foley data extract {folder} --out SHARDS` (--model none for codec and encoders)."
        )
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values.pop("format") != FORMAT:
            raise ValueError("it is of another format")
        header = Header(**{**values, "arrays": tuple(values["arrays"])})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path} is damaged ({error}); make the shards again.") from error
    unknown = set(header.arrays) - set(ARRAYS)
    if unknown:
        raise InputError(
            f"{path} names unknown arrays ({', '.join(sorted(unknown))}); make the shards again."
        )
    return header
