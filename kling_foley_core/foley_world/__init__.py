"""A generated audio-visual world with known truth: scenes by number, their frames, sound, caption and ground
truth."""

from .clips import scene_number, write_clip
from .compose import make_scene
from .draw import render_frames
from .families import FAMILIES, HELD_OUT
from .scene import Scene
from .sheet import contact_sheet
from .sound import render_sound
from .truth import AmbienceTruth, EventTruth, FlowTruth, Truth, truth_dict, truth_of

__all__ = [
    "FAMILIES",
    "HELD_OUT",
    "AmbienceTruth",
    "EventTruth",
    "FlowTruth",
    "Scene",
    "Truth",
    "contact_sheet",
    "make_scene",
    "render_frames",
    "render_sound",
    "scene_number",
    "truth_dict",
    "truth_of",
    "write_clip",
]
