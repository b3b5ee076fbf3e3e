"""Kling-Foley: video and text to synchronised stereo sound (arXiv 2506.19774). Torch in, torch out."""

__version__ = "0.1.0"
