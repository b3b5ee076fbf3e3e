"""Several takes of one film's sound, ranked by a number each: how well what is heard meets what is seen, or
another figure."""

from .agreement import agreement
from .order import best_first
from .takes import Take, best_of, ranked

__all__ = ["Take", "agreement", "best_first", "best_of", "ranked"]
