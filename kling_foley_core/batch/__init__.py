"""Sounds for many clips: the weights are loaded once, what is done is not done again, one clip that fails
stops no other, and a report tells of all."""

from .clips import BatchClip, batch_clips
from .outcome import FAILED, KEPT, LEFT, MADE, Outcome
from .records import Records, Settings
from .report import write_report
from .run import Make, Reached, made_one_by_one
from .workers import made_by_processes

__all__ = [
    "FAILED",
    "KEPT",
    "LEFT",
    "MADE",
    "BatchClip",
    "Make",
    "Outcome",
    "Reached",
    "Records",
    "Settings",
    "batch_clips",
    "made_by_processes",
    "made_one_by_one",
    "write_report",
]
