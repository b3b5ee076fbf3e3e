"""What marks a sound or a film carries, in words for `kling-foley inspect FILE` and the preview."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from ..errors import InputError, shown
from ..media.audio_windows import sound_seconds, sound_windows
from ..media.source import Source, open_media
from ..media.streams import film_streams, sound_stream
from .detection import SHORTEST, STRETCH, Detection, detected, detected_in
from .label import labels_in

if TYPE_CHECKING:
    from av.container import InputContainer

# ComfyUI's own savers put the whole graph into their files; this node stands before every sampling.
_IN_A_GRAPH = re.compile(r'"KlingFoleyConditioning"')


def describe_media(path: Path) -> str | None:
    """Several lines, ready to print; None for a file that is neither sound nor film."""
    try:
        with open_media(path) as container:
            film, sound = bool(film_streams(container)), sound_stream(container) is not None
            values = tags_of(container)
    except InputError:
        return None
    if not (film or sound):
        return None
    kind = ("film with sound" if sound else "film without sound") if film else "sound"
    rows = [("file", path.name), ("kind", kind), *label_rows(values)]
    if sound:
        rows.append(("watermark", watermark_row(path)))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {shown(text)}" for name, text in rows)


def label_rows(values: list[str]) -> list[tuple[str, str]]:
    """What a file's tags say of where its sound comes from."""
    rows = [("label", text) for text in labels_in(values) or ["none"]]
    if any(_IN_A_GRAPH.search(value) for value in values):
        rows.append(("workflow", "ComfyUI's graph in the file makes sound with Kling-Foley"))
    return rows


def watermark_row(source: Source) -> str:
    """Whether the sound of a file is watermarked, and where. Hours of it need the memory of a stretch."""
    seconds = sound_seconds(source)
    found = _detected(source, seconds)
    if found.found:
        where = ", ".join(f"{start:.1f} to {end:.1f} s" for start, end in found.spans)
        return f"found from {where} (z = {found.z:.1f}; {found.enough:.1f} is enough)"
    short = f"; under {SHORTEST:.0f} s one is often not found" if seconds < SHORTEST else ""
    return f"none found (z = {found.z:.1f}; {found.enough:.1f} would be enough){short}"


def watermark_note(sounds: Tensor, rate: int) -> str | None:
    """Which takes [B, C, N] are watermarked, in a sentence; None: none is."""
    marked = [number for number, sound in enumerate(sounds, 1) if detected(sound, rate).found]
    if not marked:
        return None
    if len(marked) == len(sounds):
        return "The sound is watermarked: made by a machine, by Kling-Foley."
    return f"Watermarked as made by Kling-Foley: takes {', '.join(map(str, marked))}."


def _detected(source: Source, seconds: float) -> Detection:
    count = max(1, int(seconds / STRETCH))
    edges = [*(k * STRETCH for k in range(count)), max(seconds, 0.001)]
    windows = sound_windows(source, [(start, end - start) for start, end in pairwise(edges)])
    first = next(windows)

    def stretches() -> Iterator[tuple[float, Tensor]]:
        yield edges[0], first.wave
        yield from ((start, window.wave) for start, window in zip(edges[1:], windows, strict=False))

    return detected_in(stretches(), first.rate)


def labels_of(source: Source) -> list[str]:
    """The labels of a sound file or a film."""
    with open_media(source) as container:
        return labels_in(tags_of(container))


def tags_of(container: InputContainer) -> list[str]:
    """The values of all tags: of the file, and of its streams, where Ogg has them."""
    tagged: Iterable = (container, *container.streams)
    return [value for each in tagged for value in each.metadata.values()]
