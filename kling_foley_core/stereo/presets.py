"""Stereo renderer shapes, with the number of values each holds; both are ours.

The paper gives none (fact sheet 5). Their sync widths are those of Synchformer and of our small sync encoder.
"""

from __future__ import annotations

from .renderer import StereoConfig

STEREO_KLING = StereoConfig(n_mels=128, hidden=256, layers=8, kernel=7, sync_dim=768)
STEREO_SMALL = StereoConfig(n_mels=128, hidden=128, layers=4, kernel=7, sync_dim=128)

VALUES = {"STEREO_KLING": 4_664_448, "STEREO_SMALL": 674_944}
