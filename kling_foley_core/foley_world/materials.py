"""What things are made of: how a material rings, bounces and is called.

A struck body rings in modes f_k = base_hz * (REFERENCE_SIZE / size) * ratios[k] that fade by 60 dB in
t60 * (f_k / f_0) ** -slope seconds, with amplitudes (f_k / f_0) ** -tilt: the usual modal model. The numbers
are our choice, set so that the materials differ to the ear in pitch, length and brightness at once.
"""

from __future__ import annotations

from dataclasses import dataclass

REFERENCE_SIZE = 0.15  # world units; a unit is half the picture's height, about 1.5 m


@dataclass(frozen=True)
class Material:
    name: str
    words: tuple[str, ...]
    restitution: float  # speed after a bounce / speed before
    base_hz: float
    ratios: tuple[float, ...]
    t60: float
    slope: float
    tilt: float
    click: float  # share of the contact's noise burst
    click_hz: float  # where that burst is loudest


PLATE = (1.0, 1.74, 2.41, 3.33, 4.07, 5.12, 6.37, 7.81, 9.2, 11.3)
BAR = (1.0, 2.76, 5.4, 8.93, 13.3)
SHELL = (1.0, 1.61, 2.32, 3.14, 4.19, 5.2)

METAL = Material("metal", ("steel", "metal"), 0.62, 780.0, PLATE, 1.3, 0.35, 0.25, 0.10, 6000.0)
WOOD = Material("wood", ("wooden", "wood"), 0.52, 420.0, BAR, 0.11, 0.55, 0.7, 0.25, 1500.0)
GLASS = Material("glass", ("glass",), 0.66, 2100.0, SHELL, 0.42, 0.25, 0.3, 0.15, 8000.0)
RUBBER = Material("rubber", ("rubber",), 0.80, 130.0, SHELL, 0.09, 0.9, 1.7, 0.12, 300.0)
STONE = Material("stone", ("stone",), 0.42, 1250.0, SHELL, 0.07, 0.3, 0.2, 0.4, 3000.0)
CLAY = Material("clay", ("clay",), 0.3, 700.0, SHELL, 0.10, 0.4, 0.5, 0.4, 2500.0)

MATERIALS = {m.name: m for m in (METAL, WOOD, GLASS, RUBBER, STONE, CLAY)}
BALL_MATERIALS = ("metal", "wood", "glass", "rubber", "stone")
