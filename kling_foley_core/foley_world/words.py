"""Captions: a sentence about what is seen, which may be left out, and what can't be seen, which never is."""

from __future__ import annotations

import numpy as np

AMBIENCE_WORDS = {
    "rain": ("rain outside", "rain against the windows", "the sound of rain outside"),
    "traffic": ("distant traffic", "traffic passing by outside", "the rumble of traffic"),
    "crickets": ("crickets chirping", "crickets in the distance", "the chirping of crickets"),
    "wind": ("wind howling outside", "a howling wind", "wind around the house"),
    "crowd": ("a crowd murmuring", "the murmur of a crowd", "people murmuring nearby"),
    "birds": ("birds singing", "birdsong outside", "birds twittering"),
    "machine": (
        "a machine winding down out of sight",
        "an unseen machine humming",
        "the hum of a machine next door",
    ),
}
ROOM_WORDS = {
    "dry": ("", "", "", "in a dry studio", "close up, without echo"),
    "room": ("in a small room", "in a room", "in a small tiled room"),
    "hall": ("in a large hall", "in a hall with a long echo", "in a church hall"),
    "outside": ("outside in a courtyard", "outside between walls", "outside in the street"),
}
NOTHING_MOVES = ("nothing is touched", "nothing makes a sound", "nobody makes a sound")
LEAVE_OUT = 0.12  # how often the visible goes unsaid
QUIET = ("", "", "", "with nothing else to hear", "in silence otherwise")


def caption(
    rng: np.random.Generator, phrases: list[str], must_say: bool, ambience: str | None, room: str
) -> str:
    """One English sentence. `must_say`: the phrases hold a word that overrides a look."""
    subject = _join(rng, phrases) if phrases else str(rng.choice(NOTHING_MOVES))
    where = str(rng.choice(ROOM_WORDS[room]))
    around = str(rng.choice(AMBIENCE_WORDS[ambience])) if ambience else ""
    if rng.uniform() < LEAVE_OUT and not must_say:
        subject = ""
    shape = int(rng.integers(4))
    if not subject:
        text = ", ".join(p for p in (around, where) if p) or "sounds for this scene"
    elif shape == 0 and around:
        text = f"{around}, {subject}{' ' + where if where else ''}"
    elif shape == 1 and where:
        text = f"{where}, {subject}{', with ' + around if around else ''}"
    elif shape == 2 and around:
        text = f"{subject}{' ' + where if where else ''}, {around} in the background"
    else:
        ending = f"with {around}" if around else str(rng.choice(QUIET))
        text = f"{subject}{' ' + where if where else ''}{', ' + ending if ending else ''}"
    return text[0].upper() + text[1:] + "."


def _join(rng: np.random.Generator, phrases: list[str]) -> str:
    order = [phrases[i] for i in rng.permutation(len(phrases))]
    return str(rng.choice([" and ", " while ", ", and "])).join(order)
