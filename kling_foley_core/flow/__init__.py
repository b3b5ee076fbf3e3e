"""Flow matching: the probability path and its loss, the solver, guidance, windows, the starting noise."""

from .guidance import guided
from .noise import noise
from .path import flow_matching_loss, interpolate
from .solver import euler, time_grid
from .windows import Window, features_in, joined, plan

__all__ = [
    "Window",
    "euler",
    "features_in",
    "flow_matching_loss",
    "guided",
    "interpolate",
    "joined",
    "noise",
    "plan",
    "time_grid",
]
