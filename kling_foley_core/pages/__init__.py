"""What pages of clips have in common: their style, players of files where they lie, pictures of a sound and
its film, histograms."""

from .histogram import histogram
from .pictures import clip_pictures, jpeg
from .players import link, player
from .style import style

__all__ = ["clip_pictures", "histogram", "jpeg", "link", "player", "style"]
