"""How often intervals of 95 % hold what fresh clips give on average: python benchmarks/intervals.py

FD by influences, as `measures/intervals.py` has it, and by the plain bootstrap; the inception score by
influences. Random clips whose truth is known by drawing 400 sets of them.
"""

from __future__ import annotations

import numpy as np

from kling_foley_core.evaluation.measures.frechet import frechet_distance, frechet_influences
from kling_foley_core.evaluation.measures.inception import inception_influences
from kling_foley_core.evaluation.measures.intervals import ENDS, interval

SETS = ((80, 4), (40, 60), (200, 60), (64, 300))  # clips, numbers
SCORED = (20, 40, 64, 200, 400)  # clips
TRIED, PLAIN, RESAMPLES = 100, 40, 100


def fresh(rng: np.random.RandomState, clips: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Generated and true features [clips, d], paired."""
    true = rng.randn(clips, d) * np.linspace(2, 0.2, d)
    return 0.7 * true + rng.randn(clips, d) * np.linspace(1, 0.5, d) + 0.4, true


def frechet(clips: int, d: int) -> str:
    rng, which = np.random.RandomState(0), (np.arange(clips), np.arange(clips))
    truth = np.mean([frechet_distance(*fresh(rng, clips, d)) for _ in range(400)])
    ours = sum(
        holds(interval(*frechet_influences(*fresh(rng, clips, d), which)), truth) for _ in range(TRIED)
    )
    plain = sum(holds(plain_bootstrap(rng, *fresh(rng, clips, d)), truth) for _ in range(PLAIN))
    return f"| FD of {clips} clips, {d} numbers | {ours / TRIED:.0%} | {plain / PLAIN:.0%} |"


def plain_bootstrap(rng: np.random.RandomState, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    drawn = (rng.randint(0, len(x), len(x)) for _ in range(RESAMPLES))
    return np.percentile([frechet_distance(x[i], y[i]) for i in drawn], ENDS)


def inception(clips: int) -> str:
    rng = np.random.RandomState(1)
    found = [inception_influences(3 * rng.randn(clips, 20)) for _ in range(400)]
    truth = np.mean([value for value, _ in found])
    held = sum(holds(interval(*each), truth) for each in found[:TRIED])
    return f"| IS of {clips} clips | {held / TRIED:.0%} | |"


def holds(ends: tuple[float, float] | np.ndarray, truth: float) -> bool:
    return bool(ends[0] <= truth <= ends[1])


def main() -> None:
    print("| measure | ours | plain bootstrap |")
    print("|---|---|---|")
    for clips, d in SETS:
        print(frechet(clips, d), flush=True)
    for clips in SCORED:
        print(inception(clips), flush=True)


if __name__ == "__main__":
    main()
