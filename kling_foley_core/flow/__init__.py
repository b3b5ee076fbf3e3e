"""Flow matching: the probability path and its loss, the solver, guidance, the starting noise."""

from .guidance import guided
from .noise import noise
from .path import flow_matching_loss, interpolate
from .solver import euler, time_grid

__all__ = ["euler", "flow_matching_loss", "guided", "interpolate", "noise", "time_grid"]
