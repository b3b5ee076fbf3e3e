"""The stereo renderer: mono sound to left and right (paper section 4.6)."""

from __future__ import annotations

from .apply import render_mels, render_wave, within_full_scale
from .renderer import StereoConfig, StereoRenderer

__all__ = ["StereoConfig", "StereoRenderer", "render_mels", "render_wave", "within_full_scale"]
