"""A generated audio-visual world with known truth: scenes by number, their frames, sound, caption and ground truth."""

from .compose import make_scene
from .families import FAMILIES
from .scene import Scene
from .sound import render_sound
from .truth import Truth, truth_dict

__all__ = ["FAMILIES", "Scene", "Truth", "make_scene", "render_sound", "truth_dict"]
