"""Flow matching: the probability path and its loss, solvers and their times, guidance, texts with times,
windows, inpainting, the starting noise."""

from .composition import Part, Velocity, composed
from .guidance import branches, guided
from .inpainting import holding
from .noise import noise
from .path import flow_matching_loss, interpolate
from .solvers import SOLVERS, USUAL, Follow, Solver, adams, euler, solver_of
from .timed import ALWAYS, Schedule, in_time
from .times import LEAST_STRENGTH, time_grid
from .windows import Window, features_in, joined, plan, whole_clip

__all__ = [
    "ALWAYS",
    "LEAST_STRENGTH",
    "SOLVERS",
    "USUAL",
    "Follow",
    "Part",
    "Schedule",
    "Solver",
    "Velocity",
    "Window",
    "adams",
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
    "solver_of",
    "time_grid",
    "whole_clip",
]
