"""A CONDITIONING whose texts have times: all of them are in its one entry, so that the MODEL evaluates in a
window only those that act there.

Foley Text Encode does not know how long the sound will be: it encodes every text that may be needed, their
tokens end to end [1, N * Tt, D], and says under WRITTEN what was written. Foley Conditioning knows: from it
on, TIMES says which text acts when. With one text the CONDITIONING is as without times.

The MODEL takes the conditions of all texts through the host as one, beside the schedule that tells when each
acts; so a positive and a negative branch with the same times still make one batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from ...kling_foley_core.errors import InputError
from ...kling_foley_core.flow import Schedule
from ...kling_foley_core.mmdit import Conditions
from ...kling_foley_core.prompts import Prompt, parse, spread, texts_of

WRITTEN, TIMES = "foley_written", "foley_times"  # keys in the CONDITIONING's dictionary


@dataclass(frozen=True)
class Written:
    """A prompt with times, and the texts whose tokens lie end to end."""

    prompt: Prompt
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Times:
    """`places`: for each of the schedule's texts, which of the pieces of the tokens; None: the learned empty
    text."""

    schedule: Schedule
    places: tuple[int | None, ...]

    def texts(self, tokens: Tensor) -> list[Tensor | None]:
        """[1, Tt, D] of each text."""
        pieces = apart(tokens, len({place for place in self.places if place is not None}), "text")
        return [None if place is None else pieces[place] for place in self.places]


def written(text: str) -> Written | None:
    """None where no part of the text has times."""
    prompt = parse(text, "text")
    return Written(prompt, texts_of(prompt)) if prompt.timed else None


def over_seconds(
    tokens: Tensor, more: dict[str, Any], seconds: Fraction, name: str
) -> tuple[Tensor, dict[str, Any]]:
    """An entry of Foley Text Encode for a sound of `seconds`; InputError, with the `name` of the input, for
    times outside of it."""
    if WRITTEN not in more:
        return tokens, more
    said, more = more[WRITTEN], {key: value for key, value in more.items() if key != WRITTEN}
    texts, schedule = spread(said.prompt, seconds, name)
    pieces = dict(zip(said.texts, apart(tokens, len(said.texts), name), strict=True))
    used = [text for text in texts if text in pieces]
    tokens = torch.cat([pieces[text] for text in used], dim=1) if used else tokens[:, :0]
    if len(texts) == 1:
        return tokens, more
    places = tuple(used.index(text) if text in pieces else None for text in texts)
    return tokens, more | {TIMES: Times(schedule, places)}


def apart(tokens: Tensor, count: int, name: str) -> list[Tensor]:
    """[1, count * Tt, D] -> count of [1, Tt, D]."""
    if count == 0:
        return []
    if tokens.shape[1] % count:
        raise InputError(
            f"{name}: it has texts with times and another joined to them; join it by Conditioning (Combine), "
            "or write it into the same Foley Text Encode."
        )
    return list(tokens.chunk(count, dim=1))


def with_texts(parts: Sequence[Conditions | None]) -> Conditions:
    """Those of several texts as one: text [B, N, Tt, D], overall [B, N, D]. None: a text that does not act in
    this window, for which zeros stand."""
    made = [part for part in parts if part is not None]
    nothing = Conditions(*(torch.zeros_like(tensor) for tensor in made[0]))
    every = [part or nothing for part in parts]
    return made[0]._replace(
        text=torch.stack([part.text for part in every], dim=1),
        overall=torch.stack([part.overall for part in every], dim=1),
    )


def of_text(conditions: Conditions, index: int) -> Conditions:
    """Those of one text again."""
    return conditions._replace(text=conditions.text[:, index], overall=conditions.overall[:, index])
