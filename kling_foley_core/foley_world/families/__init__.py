"""Every family by name: the function that builds its part of a scene."""

from __future__ import annotations

from ..part import Builder
from .balls import bounce, collide
from .breaking import breaking
from .friction import roll, scrape
from .steps import steps
from .strikes import anvil, bell, drum
from .turning import wheel
from .water import drops, rain
from .wind import flag
from .xylophone import xylophone

BUILDERS: dict[str, Builder] = {
    "bounce": bounce,
    "collide": collide,
    "anvil": anvil,
    "drum": drum,
    "bell": bell,
    "footsteps": steps,
    "roll": roll,
    "scrape": scrape,
    "wheel": wheel,
    "breaking": breaking,
    "drops": drops,
    "rain": rain,
    "flag": flag,
}
HELD_OUT: dict[str, Builder] = {"xylophone": xylophone}  # made when asked for, never drawn
CAN_HIDE = frozenset(
    {"bounce", "collide", "anvil", "roll", "scrape", "breaking"}
)  # its material, from the eye
MIXED, STILL = "mixed", "stillness"
FAMILIES = (*BUILDERS, MIXED, STILL)
