"""Stereo that follows the picture, without training: where what sounds moves, and the mono sound placed
there."""

from __future__ import annotations

from .by_hand import parse_places, path_of_mask, path_of_places
from .movement import VIEW, Movement, MovementMap, movement_of
from .path import Path
from .render import WIDTH, render_path
from .sounding import sounding_path

__all__ = [
    "VIEW",
    "WIDTH",
    "Movement",
    "MovementMap",
    "Path",
    "movement_of",
    "parse_places",
    "path_of_mask",
    "path_of_places",
    "render_path",
    "sounding_path",
]
