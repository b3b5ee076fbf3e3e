"""What the encoders made of a film and of a text, kept on disk by content: a second take encodes nothing."""

from .features import FeatureCache
from .place import cache_folder

__all__ = ["FeatureCache", "cache_folder"]
