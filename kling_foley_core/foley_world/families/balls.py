"""Balls that bounce, and balls that roll into each other between two posts."""

from __future__ import annotations

import numpy as np

from ..curve import Curve, keyed, steady, time_grid
from ..materials import BALL_MATERIALS, MATERIALS, Material
from ..part import Order, Part, impact_level, paint, plain, slots
from ..physics import bounce_height, bounces, collisions
from ..scene import Actor, Hit, Override, Source

TOP_SPEED = 4.6  # of a fall from the highest drop
SLOWEST = 0.9
TOP_APPROACH, SOFTEST = 1.6, 0.3  # of two that meet; what is slower is not heard
POST = (96, 74, 60)
BOUNCING, KNOCKING = "bouncing ball", "knocking ball"  # both may be in one picture, one of them hidden


def bounce(order: Order) -> Part:
    """Balls let go at different times, each in its own depth, until they lie still."""
    rng, lane = order.rng, order.lane
    count = max(1, round(order.seconds / rng.uniform(2.2, 4.0) * (1.0 if lane.wide else 0.6)))
    names = rng.choice(
        BALL_MATERIALS, size=1 if order.neutral or not lane.wide else min(2, count), replace=False
    )
    starts = (np.arange(count) + rng.uniform(0.15, 0.6, count)) * (order.seconds - 1.0) / count
    actors, sources = [], []
    for start, place in zip(starts, slots(rng, count), strict=True):
        material = MATERIALS[str(rng.choice(names))]
        actor, source = _ball(order, material, float(start), float(place))
        actors.append(actor)
        sources.append(source)
    used = tuple(dict.fromkeys(s.material for s in sources))
    phrases = _bounce_phrases(order, used, count)
    return Part(tuple(actors), tuple(sources), phrases, override=_hidden(order, BOUNCING, used))


def _ball(order: Order, material: Material, start: float, place: float) -> tuple[Actor, Source]:
    rng, lane, times = order.rng, order.lane, time_grid(order.seconds)
    radius = rng.uniform(0.1, 0.19)
    depth = lane.depth + rng.uniform(0, 0.25)
    drop = rng.uniform(0.35, 1.6)
    path = bounces(start, drop, material.restitution, SLOWEST)
    height = radius + bounce_height(path, start, drop, material.restitution, times)
    drift = rng.uniform(-0.22, 0.22)
    # It stops sliding half a second after it stops bouncing.
    moving = np.clip(times, start, path.rest + 0.5) - start
    inset = radius + 0.02
    x = np.clip(lane.x(place) + drift * moving, lane.x(0) + inset, lane.x(1) - inset)
    heard = (path.times < order.seconds).nonzero()[0]
    hits = tuple(
        Hit(
            float(path.times[i]),
            "strike",
            material.name,
            radius,
            impact_level(s, TOP_SPEED),
            min(s / TOP_SPEED, 1.0),
        )
        for i, s in zip(heard, path.speeds[heard], strict=True)
    )
    look = paint(order, "ball", material)
    shown = keyed(
        order.seconds, [(0.0, 0.0, "jump"), (max(0.0, start - 0.3), 0.0, "jump"), (start, 1.0, "ease")]
    )
    actor = Actor(
        look,
        radius,
        radius,
        Curve(x),
        Curve(height),
        depth,
        Curve(-x / radius),
        shown,
        shadow=True,
        gloss=True,
    )
    return actor, Source(BOUNCING, material.name, Curve(x), Curve(height), depth, hits)


def _hidden(order: Order, source: str, used: tuple[str, ...]) -> Override | None:
    return Override(source, used[0], MATERIALS[used[0]].words[0]) if order.neutral else None


def _bounce_phrases(order: Order, used: tuple[str, ...], count: int) -> tuple[str, ...]:
    words = [MATERIALS[m].words[order.rng.integers(len(MATERIALS[m].words))] for m in used]
    if order.neutral:
        word = MATERIALS[used[0]].words[0]
        if count == 1:
            return (f"a grey {word} ball bounces", f"the grey ball that bounces is {word}")
        return (f"grey {word} balls bounce", f"the grey balls that drop are {word}")
    if count == 1:
        return (f"a {words[0]} ball bounces on the floor", f"a {words[0]} ball drops and bounces")
    named = " and ".join(words)
    return (
        f"{named} balls bounce",
        f"{named} balls are dropped one after another",
        f"{named} balls fall and bounce",
    )


def collide(order: Order) -> Part:
    """Balls of one material that roll on a line and knock against each other and the two posts."""
    rng, lane, times = order.rng, order.lane, time_grid(order.seconds)
    count = int(rng.integers(2, 5 if lane.wide else 3))
    material = MATERIALS[str(rng.choice(BALL_MATERIALS))]
    depth, radius = lane.depth, rng.uniform(0.09, 0.17, count)
    walls = (lane.x(0.03), lane.x(0.97))
    x = walls[0] + (np.arange(count) + rng.uniform(0.4, 0.6, count)) / count * (walls[1] - walls[0])
    v = rng.uniform(0.35, 0.9, count) * rng.choice([-1, 1], count)
    paths, contacts = collisions(x, v, radius, radius**3, walls, 0.93, times)
    hits: list[list[Hit]] = [[] for _ in range(count)]
    for c in contacts:
        if c.speed > SOFTEST and c.time < order.seconds:
            # One sound a contact: the smaller ball's, which is the brighter.
            who = c.first if c.second is None or radius[c.first] < radius[c.second] else c.second
            share = min(c.speed / TOP_APPROACH, 1.0)
            hits[who].append(
                Hit(c.time, "strike", material.name, radius[who], impact_level(share, 1.0), share)
            )
    actors = [_post(wall, side, depth) for wall, side in zip(walls, (-1, 1), strict=True)]
    sources = []
    for i in range(count):
        look, path, height = paint(order, "ball", material), Curve(paths[i]), steady(radius[i])
        turn = Curve(-paths[i] / radius[i])
        actors.append(Actor(look, radius[i], radius[i], path, height, depth, turn, shadow=True, gloss=True))
        sources.append(Source(KNOCKING, material.name, path, height, depth, tuple(hits[i])))
    word = material.words[0]
    phrases = (
        (f"grey {word} balls knock together", f"the grey balls that roll into each other are {word}")
        if order.neutral
        else (f"{word} balls roll and collide", f"{word} balls knock against each other and two posts")
    )
    return Part(tuple(actors), tuple(sources), phrases, override=_hidden(order, KNOCKING, (material.name,)))


def _post(wall: float, side: int, depth: float) -> Actor:
    return Actor(plain("box", POST), 0.03, 0.2, steady(wall + side * 0.03), steady(0.2), depth)
