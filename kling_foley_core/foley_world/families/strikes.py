"""Things struck by a tool that swings: an anvil under a hammer, drums under sticks, and a bell under its own
swing.

Some swings stop short of what they aim at. They move as much and make no sound.
"""

from __future__ import annotations

import numpy as np

from ..curve import Curve, keyed, steady, time_grid
from ..materials import MATERIALS
from ..part import LOUDEST, Order, Part, impact_level, paint, plain, slots, spread_times
from ..scene import Actor, Hit, Look, Override, Source

RAISE = 1.25  # radians, for the strongest blow
STROKE = 0.12  # seconds from the top to the contact
MISS_RATE = 0.22
REST = 0.3
ANVIL_MATERIALS = ("metal", "wood", "stone")


def _blows(order: Order, gap: tuple[float, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, strengths 0.3..1, and which of them hit."""
    times = spread_times(order.rng, order.seconds, 0.6, gap)
    strengths = order.rng.uniform(0.3, 1.0, len(times))
    hits = order.rng.uniform(size=len(times)) > MISS_RATE
    return times, strengths, hits


def swing_angle(seconds: float, times: np.ndarray, strengths: np.ndarray, hits: np.ndarray) -> Curve:
    """The tool's angle over what it strikes: 0 at each contact, reached at full speed."""
    keys = [(0.0, REST, "ease")]
    for time, strength, hit in zip(times, strengths, hits, strict=True):
        top = REST + strength * (RAISE - REST)
        keys += [(time - STROKE - 0.06, top, "ease"), (time - STROKE, top, "ease")]
        keys.append((time, 0.0, "fall") if hit else (time + 0.03, 0.3 + 0.3 * top, "ease"))
        keys.append((time + (0.14 if hit else 0.2), REST, "ease"))
    return keyed(seconds, keys)


def _tool(look: Look, reach: float, x: float, top: float, depth: float, side: int, swing: Curve) -> Actor:
    """The tool turns about its hand, `reach` away from what it strikes, on the right (1) or the left (-1)."""
    angle = Curve(-side * swing.values)
    return Actor(look, reach * 1.15 * side, reach * 1.15, steady(x + side * reach), steady(top), depth, angle)


def anvil(order: Order) -> Part:
    """One or two blocks, each under its own hammer."""
    rng, lane = order.rng, order.lane
    count = int(rng.integers(1, 3)) if lane.wide else 1
    material = MATERIALS[str(rng.choice(ANVIL_MATERIALS))]
    actors, sources = [], []
    for place in slots(rng, count):
        size = rng.uniform(0.17, 0.26)
        x, depth, top = lane.x(float(place)), lane.depth, 2 * size + 0.08
        side = -1 if place > 0.5 else 1
        times, strengths, struck = _blows(order, (0.55, 1.6))
        hits = tuple(
            Hit(float(t), "strike", material.name, size, impact_level(s, 1.0), float(s))
            for t, s in zip(times[struck], strengths[struck], strict=True)
        )
        shape = "anvil" if material.name == "metal" and not order.neutral else "block"
        look = paint(order, shape, material)
        actors.append(Actor(look, size * 1.3, size, steady(x), steady(size + 0.04), depth, shadow=True))
        swing = swing_angle(order.seconds, times, strengths, struck)
        hammer = plain("hammer", (70, 72, 78), int(rng.integers(1 << 31)))
        actors.append(_tool(hammer, 0.5, x, top - 0.02, depth, side, swing))
        sources.append(Source("anvil", material.name, steady(x), steady(top), depth, hits))
    word = material.words[0]
    a, block = ("a ", "block") if count == 1 else ("", "blocks")
    if order.neutral:
        phrases = (
            f"a hammer strikes {a}grey {word} {block}",
            f"the grey {block} under the hammer {'is' if count == 1 else 'are'} {word}",
        )
    elif material.name == "metal" and count > 1:
        phrases = (
            "hammers strike two anvils",
            "hammers beat on two pieces of iron",
            "hammer blows ring from two anvils",
        )
    elif material.name == "metal":
        phrases = (
            "a hammer strikes an anvil",
            "a blacksmith hammers on iron",
            "hammer blows ring from an anvil",
        )
    else:
        phrases = (f"a hammer hits {a}{word} {block}", f"someone hammers on {material.words[-1]}")
    override = Override("anvil", material.name, word) if order.neutral else None
    return Part(tuple(actors), tuple(sources), phrases, override=override)


def drum(order: Order) -> Part:
    """One to three drums; the larger, the lower."""
    rng, lane = order.rng, order.lane
    count = int(rng.integers(1, 4)) if lane.wide else 1
    colour = tuple(int(c) for c in rng.integers(60, 220, 3))
    actors, sources = [], []
    for place in slots(rng, count):
        size = rng.uniform(0.17, 0.3)
        x, depth, top = lane.x(float(place)), lane.depth, 2 * size * 0.8
        times, strengths, struck = _blows(order, (0.34, 0.9) if count == 1 else (0.5, 1.6))
        hits = tuple(
            Hit(float(t), "drum", "skin", size, impact_level(s, 1.0), float(s))
            for t, s in zip(times[struck], strengths[struck], strict=True)
        )
        look = Look("drum", "flat", colour, int(rng.integers(1 << 31)))
        actors.append(Actor(look, size, size * 0.85, steady(x), steady(size * 0.8), depth, shadow=True))
        side = -1 if place > 0.5 else 1
        swing = swing_angle(order.seconds, times, strengths, struck)
        actors.append(_tool(plain("stick", (226, 200, 150)), 0.42, x, top, depth, side, swing))
        sources.append(Source("drum", "skin", steady(x), steady(top), depth, hits))
    one = ("a drum is beaten", "someone plays a drum", "drum beats are played")
    many = (f"{('two', 'three')[count - 2]} drums are played", "drums of different size are beaten")
    return Part(tuple(actors), tuple(sources), one if count == 1 else many)


def bell(order: Order) -> Part:
    """A bell that rings at each end of its swing, when it swings wide enough."""
    rng, lane = order.rng, order.lane
    count = int(rng.integers(1, 3)) if lane.wide else 1
    actors, sources, grid = [], [], time_grid(order.seconds)
    for place in slots(rng, count):
        size = rng.uniform(0.2, 0.36)
        x, depth = lane.x(float(place)), lane.depth
        hang = 0.8 + rng.uniform(0.35, 0.55) * depth
        rate = rng.uniform(0.42, 0.72)
        width = keyed(order.seconds, _widths(rng, order.seconds)).values
        angle = width * np.sin(2 * np.pi * rate * grid)
        ends = (np.arange(int(2 * rate * order.seconds) + 1) + 0.5) / (2 * rate)
        ends = ends[ends < order.seconds - 0.05]
        wide = np.interp(ends, grid, width)
        hits = tuple(
            Hit(float(t), "bell", "bell metal", size, LOUDEST * (w / 0.75) ** 1.1, float(min(w / 0.75, 1.0)))
            for t, w in zip(ends, wide, strict=True)
            if w > 0.25
        )
        look = Look("bell", "flat", (196, 152, 62), int(rng.integers(1 << 31)))
        actors.append(
            Actor(plain("box", (84, 62, 48)), size * 0.8, 0.025, steady(x), steady(hang + 0.02), depth)
        )
        actors.append(Actor(look, size * 2, size * 2, steady(x), steady(hang), depth, Curve(angle)))
        swinging = Curve(x + 1.2 * size * np.sin(angle))
        sources.append(Source("bell", "bell metal", swinging, steady(hang - size), depth, hits))
    one = ("a bell rings", "a swinging bell tolls", "a bronze bell sounds")
    return Part(tuple(actors), tuple(sources), one if count == 1 else ("two bells ring", "bells toll"))


def _widths(rng: np.random.Generator, seconds: float) -> list[tuple[float, float, str]]:
    """How wide the bell swings: up, and now and then down to where it no longer sounds."""
    times = np.arange(0, seconds + 2.5, rng.uniform(1.8, 2.5))
    widths = np.where(rng.uniform(size=len(times)) < 0.25, 0.08, rng.uniform(0.35, 0.75, len(times)))
    return [(float(t), float(w), "ease") for t, w in zip(times, widths, strict=True)]
