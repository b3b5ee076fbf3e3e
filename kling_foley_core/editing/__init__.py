"""An existing sound repaired, continued or varied: what is kept of it, and how old and new are joined."""

from .edit import Edit
from .known import Known, known_latent
from .splice import spliced, with_kept

__all__ = ["Edit", "Known", "known_latent", "spliced", "with_kept"]
