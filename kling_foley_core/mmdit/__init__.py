"""The generator: a multimodal diffusion transformer that predicts codec latents by flow matching."""

from .config import MMDiTConfig
from .features import Conditions, Features
from .model import MMDiT

__all__ = ["Conditions", "Features", "MMDiT", "MMDiTConfig"]
