"""A xylophone: wooden bars in a row, the longest and lowest on the left, under two mallets that take turns.

No scene is drawn with it (`families.HELD_OUT`), so a model trained on default scenes has never met it: it is
what fine-tuning is measured on. As with every tool here some strokes stop short and make no sound.
"""

from __future__ import annotations

import numpy as np

from ..curve import Curve, keyed, steady
from ..part import Order, Part, impact_level, plain, spread_times
from ..scene import Actor, Colour, Hit, Look, Source
from .strikes import MISS_RATE, swing_angle

BARS = (6, 9)  # as many, and fewer than the second
LONGEST, SHORTEST = 0.3, 0.16  # a bar's half length, world units, which sets its pitch
TOP = 0.95  # height of the bars' upper ends
REACH = 0.4
GAP = (0.22, 0.6)  # seconds between strokes, of both mallets together
MOVED = 0.16  # seconds before a stroke by which its mallet is over the bar
COLOURS: tuple[Colour, ...] = (
    (206, 60, 52),
    (222, 130, 44),
    (226, 196, 60),
    (84, 164, 84),
    (60, 130, 190),
    (120, 84, 170),
)
PHRASES = (
    "someone plays a xylophone",
    "a xylophone is played with two mallets",
    "mallets strike the bars of a xylophone",
)


def xylophone(order: Order) -> Part:
    rng, lane = order.rng, order.lane
    count = int(rng.integers(*BARS))
    lengths = np.geomspace(LONGEST, SHORTEST, count) * rng.uniform(0.9, 1.1)
    places = np.array([lane.x(float(share)) for share in np.linspace(0.2, 0.8, count)])
    first = int(rng.integers(len(COLOURS)))
    half = 0.4 * (places[1] - places[0])
    stand = plain("box", (74, 52, 40))
    half_span = 0.6 * (places[-1] - places[0])
    actors = [Actor(stand, half_span, 0.05, steady(places.mean()), steady(0.62), lane.depth)]
    for i, (length, x) in enumerate(zip(lengths, places, strict=True)):
        look = Look("bar", "flat", COLOURS[(first + i) % len(COLOURS)], 0)
        actors.append(Actor(look, half, length, steady(x), steady(TOP - length), lane.depth))
    times = spread_times(rng, order.seconds, 0.5, GAP)
    bars = _melody(rng, len(times), count)
    strengths, struck = rng.uniform(0.3, 1.0, len(times)), rng.uniform(size=len(times)) > MISS_RATE
    for mallet, side in enumerate((-1, 1)):
        turn = slice(mallet, None, 2)
        actors.append(_mallet(order, side, times[turn], places[bars[turn]], strengths[turn], struck[turn]))
    sources = []
    for i in sorted(set(bars[struck].tolist())):
        hits = tuple(
            Hit(float(t), "xylophone", "wood", float(lengths[i]), impact_level(s, 1.0), float(s))
            for t, s in zip(times[struck & (bars == i)], strengths[struck & (bars == i)], strict=True)
        )
        sources.append(Source("xylophone", "wood", steady(places[i]), steady(TOP), lane.depth, hits))
    return Part(tuple(actors), tuple(sources), PHRASES)


def _melody(rng: np.random.Generator, strokes: int, bars: int) -> np.ndarray:
    """Which bar each stroke aims at: the left mallet's on the lower half, the right one's on the upper."""
    half = bars // 2
    low, high = rng.integers(0, half, strokes), rng.integers(half, bars, strokes)
    return np.where(np.arange(strokes) % 2 == 0, low, high)


def _mallet(
    order: Order, side: int, times: np.ndarray, places: np.ndarray, strengths: np.ndarray, struck: np.ndarray
) -> Actor:
    """Its hand is REACH beside the bar that is next, on the left (-1) or the right (1)."""
    rest = order.lane.x(0.35 if side < 0 else 0.65)
    keys = [(0.0, rest + side * REACH, "ease")]
    for before, time, place in zip([0.0, *times], times, places, strict=False):
        keys.append((max(before + 0.05, time - 0.4), keys[-1][1], "ease"))
        keys.append((max(before + 0.1, time - MOVED), place + side * REACH, "ease"))
    angle = swing_angle(order.seconds, times, strengths, struck)
    look = plain("mallet", (236, 220, 190), side + 1)
    hand, turn = keyed(order.seconds, keys), Curve(-side * angle.values)
    return Actor(look, REACH * 1.15 * side, REACH * 1.15, hand, steady(TOP), order.lane.depth, turn)
