"""Where a sound comes from, read from the graph that runs: whether Foley made it, and with which model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MAKER = "KlingFoleyConditioning"  # stands before every sampler, ours or the host's
LOADERS = {
    "KlingFoleySystemLoader": "system",
    "KlingFoleyModelLoader": "model",
}  # and the input that names it


def origin(prompt: dict[str, Any] | None, node: str | None, name: str) -> tuple[bool, str | None]:
    """(whether the input `name` of `node` is made by Foley, the model's name as its loader has it).

    `prompt`: the graph in the API's format, as Hidden.prompt gives it. Where that is not known, a sound
    counts as made: what goes through these nodes mostly is.
    """
    if not prompt or node not in prompt:
        return True, None
    above = list(_above(prompt, prompt[node]["inputs"].get(name)))
    kinds = [one["class_type"] for one in above]
    given = (one["inputs"].get(LOADERS.get(one["class_type"])) for one in above)
    model = next((value for value in given if isinstance(value, str)), None)
    return MAKER in kinds, model


def _above(prompt: dict[str, Any], link: Any) -> Iterator[dict[str, Any]]:
    """The nodes that a link comes from, nearest first, each once."""
    waiting, seen = [link], set()
    while waiting:
        link = waiting.pop(0)
        if not (isinstance(link, list) and len(link) == 2 and isinstance(link[0], str)):
            continue
        if link[0] in seen or link[0] not in prompt:
            continue
        seen.add(link[0])
        yield prompt[link[0]]
        waiting += prompt[link[0]]["inputs"].values()
