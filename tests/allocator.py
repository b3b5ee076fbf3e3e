"""What torch's allocator gave out while something ran."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

MARK = 12_347  # bytes: the first allocation, which nothing else is as large as


def peak_allocated(work: Callable[[], object]) -> int:
    """The most bytes at one time on the CPU, beyond what there was before.

    From the allocator's own running total: clocks of two cores may differ, and events that are sorted by them
    then add up to something else.
    """
    activities = [torch.profiler.ProfilerActivity.CPU]
    with torch.profiler.profile(activities=activities, profile_memory=True) as profile:
        torch.empty(MARK, dtype=torch.uint8)
        work()
    found = list(_allocations(profile.profiler.kineto_results.experimental_event_tree()))
    before = next(total - size for total, size in found if size == MARK)
    return max(total for total, _ in found) - before


def _allocations(events: Iterable[Any]) -> Iterator[tuple[int, int]]:
    """(bytes given out in all, bytes of this allocation, negative where it is given back) of every event."""
    for event in events:
        if isinstance(event.extra_fields, torch._C._profiler._ExtraFields_Allocation):
            yield event.extra_fields.total_allocated, event.extra_fields.alloc_size
        yield from _allocations(event.children)
