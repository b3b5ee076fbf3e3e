"""The generated sound and the film's own made into one: levels, ducking, fades, a true-peak limit, stems."""

from .ducking import Ducking
from .levels import Levels, levels_of
from .loudness import integrated_loudness, loudness_range, momentary_loudness, short_term_loudness
from .mixing import STEMS, Mix, mixed
from .own_sound import aligned, mixing_rate, own_sound
from .settings import MUSIC_LEVEL, OWN_SOUND, MixSettings
from .true_peak import true_peak

__all__ = [
    "MUSIC_LEVEL",
    "OWN_SOUND",
    "STEMS",
    "Ducking",
    "Levels",
    "Mix",
    "MixSettings",
    "aligned",
    "integrated_loudness",
    "levels_of",
    "loudness_range",
    "mixed",
    "mixing_rate",
    "momentary_loudness",
    "own_sound",
    "short_term_loudness",
    "true_peak",
]
