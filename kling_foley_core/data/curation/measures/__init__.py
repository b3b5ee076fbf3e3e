"""What is measured of a piece of a clip, one measure a file (paper section 5.1)."""

from .cache import MeasureCache
from .measure import measure
from .measures import FilmMeasures, Measures, SoundMeasures

__all__ = ["FilmMeasures", "MeasureCache", "Measures", "SoundMeasures", "measure"]
