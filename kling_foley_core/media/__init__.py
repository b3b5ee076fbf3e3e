"""Video and sound in and out: frames for the encoders at their rates, sound at any rate, and both together in
one file.
"""

from .audio import load_audio, resample, save_audio
from .images import images_seconds, slots_of_images, views_from_images
from .mux import check_target, mux
from .probe import VideoInfo, probe
from .reader import read_slots, read_views
from .reference import read_views_reference
from .resize import resize_view
from .target import target_suffixes
from .views import FrameView

__all__ = [
    "FrameView",
    "VideoInfo",
    "check_target",
    "images_seconds",
    "load_audio",
    "mux",
    "probe",
    "read_slots",
    "read_views",
    "read_views_reference",
    "resample",
    "resize_view",
    "save_audio",
    "slots_of_images",
    "target_suffixes",
    "views_from_images",
]
