"""A scene from (split, seed): which families share the picture, what distracts, what surrounds them, what is
said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import InputError
from . import surroundings
from .curve import Curve
from .distractors import LAMP, MOVERS, lamp
from .families import BUILDERS, CAN_HIDE, FAMILIES, HELD_OUT, MIXED, STILL
from .part import Lane, Order, Part
from .scene import Actor, Scene
from .streams import Split, stream
from .words import caption

SHORTEST = 2.0
HIDE_RATE, AMBIENCE_RATE = 0.35, 0.6  # how often a material is hidden; how often there is an ambience
FAMILY_ODDS = {MIXED: 4.0, STILL: 0.5}  # against 1 for each of the others
SEEN_AS = {"rain": "rain", "flag": "wind"}  # families that show what an ambience would only sound


def make_scene(
    seed: int,
    split: Split = "train",
    seconds: float = 8.0,
    family: str | None = None,
    *,
    distractors: bool = True,
) -> Scene:
    """The scene of this number; the same arguments always give the same one, and one of
    FAMILIES unless `family` names another. Under 4 s what the caption names
    may not have had the time to sound. Without `distractors` it is the same scene, in which nothing silent
    moves."""
    if not SHORTEST <= seconds < float("inf"):
        raise InputError(
            f"seconds is {seconds:g}: a scene needs {SHORTEST:g} s for something to happen, and an end."
        )
    if family is not None and family not in (*FAMILIES, *HELD_OUT):
        raise InputError(f'family is "{family}": the world knows {", ".join((*FAMILIES, *HELD_OUT))}.')
    rng = stream(split, seed, "scene")
    odds = np.array([FAMILY_ODDS.get(f, 1.0) for f in FAMILIES])
    drawn = str(rng.choice(FAMILIES, p=odds / odds.sum()))
    family = family or drawn
    names, parts = _parts(rng, family, seconds)
    movers, lamp_level, silent = _distract(rng, seconds, family)
    if not distractors:
        movers, lamp_level, silent = [], None, ()
    taken = frozenset(SEEN_AS[n] for n in names if n in SEEN_AS)
    ambience, fade = surroundings.ambience(rng, seconds, AMBIENCE_RATE, taken)
    room = surroundings.room(rng) if family != STILL else "dry"
    override = next((p.override for p in parts if p.override), None)
    phrases = [str(rng.choice(p.phrases)) for p in parts]
    light = surroundings.light(rng, seconds)
    if lamp_level is not None:
        light = replace(light, level=Curve(light.level.values * lamp_level.values))
    actors = [a for p in parts for a in p.actors] + movers
    return Scene(
        split=split,
        seed=seed,
        seconds=seconds,
        family=family,
        families=tuple(names),
        actors=tuple(sorted(actors, key=lambda a: -a.depth)),
        rainfalls=tuple(r for p in parts for r in p.rainfalls),
        sources=tuple(s for p in parts for s in p.sources),
        camera=surroundings.camera(rng, seconds),
        light=light,
        stage=surroundings.stage(rng, next((p.ground for p in parts if p.ground), None)),
        ambience=ambience,
        fade=fade,
        room=room,
        override=override,
        distractors=silent,
        caption=caption(rng, phrases, override is not None, ambience.kind if ambience else None, room),
    )


def _parts(rng: np.random.Generator, family: str, seconds: float) -> tuple[list[str], list[Part]]:
    """One family over the whole width, or two of them in lanes of their own; at most one hides its
    material."""
    if family == STILL:
        return [STILL], []
    if family != MIXED:
        names, lanes = [family], [Lane(-0.82, 0.82, float(rng.uniform(1.0, 1.35)))]
    else:
        names = [str(n) for n in rng.choice(list(BUILDERS), 2, replace=False)]
        lanes = [
            Lane(-0.9, -0.12, float(rng.uniform(1.0, 1.35))),
            Lane(0.12, 0.9, float(rng.uniform(1.0, 1.35))),
        ]
    hide = rng.uniform() < HIDE_RATE
    hidden = next((n for n in names if n in CAN_HIDE), None) if hide else None
    parts = [
        (BUILDERS | HELD_OUT)[name](Order(rng, lane, seconds, neutral=name == hidden))
        for name, lane in zip(names, lanes, strict=True)
    ]
    return names, parts


def _distract(
    rng: np.random.Generator, seconds: float, family: str
) -> tuple[list[Actor], Curve | None, tuple[str, ...]]:
    """Zero to three silent things; a still scene has at least two."""
    count = int(rng.integers(2, 4)) if family == STILL else int(rng.choice(4, p=[0.25, 0.35, 0.25, 0.15]))
    names = [str(n) for n in rng.choice([*MOVERS, LAMP], count, replace=False)]
    actors: list[Actor] = [MOVERS[n](rng, seconds) for n in names if n in MOVERS]
    level = None
    if LAMP in names:
        dark, bright, level = lamp(rng, seconds)
        actors += [dark, bright]
    return actors, level, tuple(names)
