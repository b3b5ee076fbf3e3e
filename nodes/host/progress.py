"""The library's progress callback as the host's progress bar, which also carries the user's wish to stop."""

from __future__ import annotations

import comfy.model_management
import comfy.utils

from ...kling_foley_core.progress import Progress


def host_progress() -> Progress:
    """A callback that moves the running node's bar; it raises the host's interrupt when the user has
    cancelled."""
    bars: dict[str, comfy.utils.ProgressBar] = {}

    def report(stage: str, done: int, total: int) -> None:
        comfy.model_management.throw_exception_if_processing_interrupted()
        if stage not in bars:
            bars[stage] = comfy.utils.ProgressBar(total)
        if bars[stage].current != done:  # older hosts send every call to the browser
            bars[stage].update_absolute(done, total)

    return report
