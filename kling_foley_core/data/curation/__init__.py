"""Which clips are good enough to learn from, and the windows that are cut from them (paper section 3)."""

from .curate import Curation, curate
from .windows import Cutting, Piece, Window

__all__ = ["Curation", "Cutting", "Piece", "Window", "curate"]
