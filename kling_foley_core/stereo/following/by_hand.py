"""Places by hand: "SECONDS:PLACE, SECONDS:PLACE", or a mask of what sounds.

Places go from -1 (left) to 1 (right), linear between two times, held before the first and behind the last. Of
a mask [1 or T, H, W], 0..1, a path takes the centre of each frame from left to right, and as its spread the
deviation around it; where a frame is empty, it goes on to the next that is not.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ...errors import InputError
from .path import PATH_RATE, Path, instants

FORM = 'give "SECONDS:PLACE, SECONDS:PLACE", places from -1 (left) to 1 (right), such as "0:-1, 3.5:0.2"'
EVEN = 3**-0.5  # the deviation of what fills the picture evenly
MOST_PLACES = 10_000

Places = Sequence[tuple[float, float]]  # (seconds, place), times rising


def parse_places(text: str) -> Places:
    """InputError for what can't be read or makes no sense."""
    places = []
    for part in text.replace(";", ",").split(","):
        time, colon, place = part.partition(":")
        try:
            places.append((float(time), float(place)))
        except ValueError:
            raise InputError(f"places: {part.strip()!r} is no time with a place; {FORM}.") from None
    return checked_places(places)


def checked_places(places: Places) -> Places:
    """InputError unless times rise from 0 on and places lie within -1..1."""
    if not 1 <= len(places) <= MOST_PLACES:
        raise InputError(f"places: {len(places)} of them; {FORM}, at most {MOST_PLACES}.")
    for time, place in places:
        if not (0 <= time < float("inf") and -1 <= place <= 1):
            raise InputError(f"places: {time:g}:{place:g} lies outside; {FORM}, times from 0 on.")
    for (before, _), (time, _) in zip(places[:-1], places[1:], strict=True):
        if time <= before:
            raise InputError(f"places: {time:g} s comes behind {before:g} s; give times that rise.")
    return places


def path_of_places(places: Places, seconds: float) -> Path:
    """InputError also for times behind the end of the sound."""
    checked_places(places)
    if places[-1][0] > seconds + 1 / PATH_RATE:
        raise InputError(
            f"places: {places[-1][0]:g} s lies behind the end of the sound ({seconds:.2f} s); leave it out."
        )
    times, values = torch.tensor(places, dtype=torch.float64).T.contiguous()
    at = (torch.arange(instants(seconds)) / PATH_RATE).double().clamp(times[0], times[-1])
    after = torch.searchsorted(times, at, right=True).clamp(max=len(times) - 1)
    before = (after - 1).clamp(min=0)
    part = (at - times[before]) / (times[after] - times[before]).clamp(min=1e-9)
    position = torch.lerp(values[before], values[after], part.clamp(0, 1)).float()
    return Path(position, torch.zeros_like(position))


def path_of_mask(mask: Tensor, seconds: float) -> Path:
    """mask [T, H, W], T frames spread evenly over `seconds`, or one for all of it."""
    if mask.ndim != 3 or 0 in mask.shape or not mask.is_floating_point():
        raise InputError(
            f"mask is {tuple(mask.shape)} {mask.dtype}: [1 or frames, height, width] in 0..1 is needed."
        )
    columns = mask.float().cpu().clamp(0, 1).sum(1)  # [T, W]
    total = columns.sum(1)
    seen = (total > 1e-6).nonzero()[:, 0]
    if len(seen) == 0 or not bool(torch.isfinite(total).all()):
        raise InputError("mask: it is empty in every frame; paint what sounds.")
    x = ((torch.arange(columns.shape[1]) + 0.5) / columns.shape[1]) * 2 - 1
    shares = columns[seen] / total[seen, None]
    centre = shares @ x
    spread = ((shares * (x - centre[:, None]).square()).sum(1).sqrt() / EVEN).clamp(max=1)
    times = (seen + 0.5) * (seconds / len(mask))
    at = torch.arange(instants(seconds)) / PATH_RATE
    return Path(_between(times, centre, at), _between(times, spread, at))


def _between(times: Tensor, values: Tensor, at: Tensor) -> Tensor:
    """Linear between times, held outside of them."""
    after = torch.searchsorted(times, at.to(times)).clamp(0, len(times) - 1)
    before = (after - 1).clamp(min=0)
    gap = (times[after] - times[before]).clamp(min=1e-9)
    return torch.lerp(values[before], values[after], ((at - times[before]) / gap).clamp(0, 1).to(values))
