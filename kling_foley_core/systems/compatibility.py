"""Which networks belong together: one set of rules for the command and the graph.

Widths are compared, not weights: two codecs of as many channels pass here, though they have no common latent
space.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..checkpoints.wanted import wanted_parts
from ..codec.presets import MELS
from ..errors import InputError


@dataclass(frozen=True)
class Source:
    """A network's config, and the name of the file that it came from."""

    file: str
    config: Any


@dataclass(frozen=True)
class Rule:
    """`part` has as much of something as `other` takes; None on the part's side goes with anything."""

    part: str
    other: str
    unit: str
    has: Callable[[Any], int | None]
    takes: Callable[[Any], int]


RULES = (
    Rule("text", "generator", "channels", lambda t: t.width, lambda g: g.text_dim),
    Rule("text", "generator", "tokens", lambda t: t.length, lambda g: g.text_len),
    Rule("visual", "generator", "channels", lambda v: v.projection, lambda g: g.visual_dim),
    Rule("sync", "generator", "channels", lambda s: s.dim, lambda g: g.sync_dim),
    Rule("vae", "generator", "latent channels", lambda v: v.latent_dim, lambda g: g.latent_dim),
    Rule("vocoder", "vae", "mel bands", lambda v: v.n_mels, lambda a: a.n_mels),
    Rule("vocoder", "vae", "samples a mel frame", lambda v: v.hop, lambda a: MELS[a.n_mels].hop),
    Rule("stereo", "vae", "mel bands", lambda s: s.n_mels, lambda a: a.n_mels),
    Rule("stereo", "sync", "sync channels", lambda s: s.sync_dim, lambda y: y.dim),
)
WHAT = {
    "generator": "flow network",
    "text": "text encoder",
    "visual": "visual encoder",
    "sync": "sync encoder",
    "vae": "codec (VAE)",
    "vocoder": "vocoder",
    "stereo": "stereo renderer",
}


def fits(part: str, config: Any, **others: Any) -> bool:
    """Whether a network of this config goes with those of the configs `others`, by part."""
    if part == "vae" and config.n_mels not in MELS:
        return False
    return not [r for r in RULES if r.part == part and r.other in others and _differs(r, config, others)]


def _differs(rule: Rule, config: Any, others: dict[str, Any]) -> bool:
    has = rule.has(config)
    return has is not None and has != rule.takes(others[rule.other])


def mismatches(generator: Source | None = None, **parts: Source | None) -> list[str]:
    """A sentence for every part that does not fit, with both files' names; `parts`: "text", "visual", "sync",
    "vae", "vocoder", "stereo", as far as they are known."""
    known = {name: s for name, s in {"generator": generator, **parts}.items() if s is not None}
    configs = {name: s.config for name, s in known.items()}
    wanted = wanted_parts(generator.config) if generator else {}
    found = []
    for name, source in known.items():
        if name == "vae" and source.config.n_mels not in MELS:
            bands = " and ".join(map(str, MELS))
            found.append(f"{_named(name, known)} has {source.config.n_mels} mel bands; {bands} are known.")
            configs.pop("vae")
    for name in known:
        rules = [r for r in RULES if r.part == name and name in configs and r.other in configs]
        faults = [_fault(r, known) for r in rules if _differs(r, configs[name], configs)]
        if faults:
            remedy = f"take {wanted[name]}" if name in wanted else "choose another file"
            found.append(f"{_named(name, known)} has {', '.join(dict.fromkeys(faults))}: {remedy}.")
    return found


def _named(part: str, known: dict[str, Source]) -> str:
    return f"{WHAT[part]} {known[part].file}"


def _fault(rule: Rule, known: dict[str, Source]) -> str:
    has, takes = rule.has(known[rule.part].config), rule.takes(known[rule.other].config)
    return f"{has} {rule.unit} where {_named(rule.other, known)} needs {takes}"


def check_fit(generator: Source | None = None, **parts: Source | None) -> None:
    """InputError that names every mismatch."""
    found = mismatches(generator, **parts)
    if found:
        raise InputError("these networks don't belong together: " + " ".join(found))
