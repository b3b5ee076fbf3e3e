"""What is measured of a piece of a clip, one measure a file (paper section 5.1)."""

from .cache import MeasureCache
from .measures import FilmMeasures, Measures, SoundMeasures
from .pieces import measure

__all__ = ["FilmMeasures", "MeasureCache", "Measures", "SoundMeasures", "measure"]
