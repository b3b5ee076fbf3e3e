"""What marks a sound file or a film carries, in lines for `kling-foley inspect FILE`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, shown
from ..media.source import Source, open_media
from ..media.streams import film_streams, sound_stream
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
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {shown(text)}" for name, text in rows)


def label_rows(values: list[str]) -> list[tuple[str, str]]:
    """What a file's tags say of where its sound comes from."""
    rows = [("label", text) for text in labels_in(values) or ["none"]]
    if any(_IN_A_GRAPH.search(value) for value in values):
        rows.append(("workflow", "ComfyUI's graph in the file makes sound with Kling-Foley"))
    return rows


def labels_of(source: Source) -> list[str]:
    """The labels of a sound file or a film."""
    with open_media(source) as container:
        return labels_in(tags_of(container))


def tags_of(container: InputContainer) -> list[str]:
    """The values of all tags: of the file, and of its streams, where Ogg has them."""
    tagged: Iterable = (container, *container.streams)
    return [value for each in tagged for value in each.metadata.values()]
