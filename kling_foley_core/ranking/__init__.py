"""Several takes of one film's sound, ranked by how well what is heard meets what is seen."""

from .agreement import agreement
from .takes import Take, best_of, ranked

__all__ = ["Take", "agreement", "best_of", "ranked"]
