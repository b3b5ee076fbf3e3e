"""Flow matching: the probability path and its loss, the solver, guidance, texts with times, windows,
inpainting, the starting noise."""

from .composition import Part, Velocity, composed
from .guidance import branches, guided
from .inpainting import holding
from .noise import noise
from .path import flow_matching_loss, interpolate
from .solver import euler, time_grid
from .timed import ALWAYS, Schedule, in_time
from .windows import Window, features_in, joined, plan, whole_clip

__all__ = [
    "ALWAYS",
    "Part",
    "Schedule",
    "Velocity",
    "Window",
    "branches",
    "composed",
    "euler",
    "features_in",
    "flow_matching_loss",
    "guided",
    "holding",
    "in_time",
    "interpolate",
    "joined",
    "noise",
    "plan",
    "time_grid",
    "whole_clip",
]
