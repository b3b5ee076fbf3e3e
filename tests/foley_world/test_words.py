"""Captions say everything that can't be seen, whatever else they leave out."""

from __future__ import annotations

import re

from kling_foley_core.foley_world import make_scene, truth_of
from kling_foley_core.foley_world.families.balls import BOUNCING, KNOCKING

HEARD = {
    "rain": "rain (outside|against)",
    "traffic": "traffic",
    "crickets": "crickets",
    "wind": "wind (howling|around)|howling wind",
    "crowd": "murmur",
    "birds": "bird",
    "machine": "machine (winding|humming|next)|unseen machine",
}
ROOMS = {
    "room": "in a (small |small tiled )?room",
    "hall": "hall",
    "outside": "outside (in a courtyard|between walls|in the street)",
}


def test_the_unseen_is_said() -> None:
    overrides, rooms, kinds = set(), set(), set()
    for seed in range(400):
        scene = make_scene(seed, "eval")
        truth, text = truth_of(scene), scene.caption.lower()
        for kind, pattern in HEARD.items():
            said = re.search(pattern, text) is not None
            assert said == (truth.ambience is not None and truth.ambience.kind == kind), (kind, text)
        for room, pattern in ROOMS.items():
            assert (re.search(pattern, text) is not None) == (truth.room == room), (room, text)
        if truth.override:
            assert truth.override.word in text and "grey" in text, text
            overrides.add(truth.override.material)
            hidden = [s for s in scene.sources if s.name == truth.override.source]
            assert hidden and all(s.material == truth.override.material for s in hidden)
            assert any(a.look.surface == "neutral" for a in scene.actors)
        else:
            assert all(a.look.surface != "neutral" for a in scene.actors)
        kinds.add(truth.ambience.kind if truth.ambience else None)
        rooms.add(truth.room)
    assert len(overrides) == 6 and len(kinds) == 8 and len(rooms) == 4


def test_a_neutral_look_says_nothing() -> None:
    """Two scenes whose hidden materials differ show the same grey."""
    looks = {
        (a.look.shape, a.look.surface, a.look.colour)
        for seed in range(60)
        for a in make_scene(seed, family="bounce").actors
        if a.look.surface == "neutral"
    }
    assert len(looks) == 1


def test_words_count_what_is_seen() -> None:
    """One jar or several, one anvil or two, hidden or not."""
    several = {"jar": "jars", "anvil": "anvils"}
    for family, shape in (("breaking", "jar"), ("anvil", "anvil")):
        said = set()
        for seed in range(120):
            scene = make_scene(seed, family=family)
            count = sum(a.look.shape == shape for a in scene.actors)
            words = scene.caption.lower().replace(",", " ").replace(".", " ").split()
            if shape in words or several[shape] in words:
                assert (several[shape] in words) == (count > 1), scene.caption
                said.add(count > 1)
        assert said == {False, True}


def test_a_hidden_ball_is_not_the_one_that_is_seen() -> None:
    """Both kinds of balls in one picture, one of them grey."""
    both = [
        truth
        for truth in (truth_of(make_scene(seed, "eval", family="mixed")) for seed in range(360, 402))
        if truth.override and {e.source for e in truth.events} >= {BOUNCING, KNOCKING}
    ]
    assert both
    for truth in both:
        hidden = {e.material for e in truth.events if e.source == truth.override.source}
        assert hidden == {truth.override.material}


def test_captions_vary_and_sometimes_leave_out_what_is_seen() -> None:
    captions = [make_scene(seed, family="bell").caption for seed in range(60)]
    assert len(set(captions)) > 40
    assert 0 < sum("bell" not in c.lower() for c in captions) < 20
    assert all(c[0].isupper() and c.endswith(".") and "  " not in c for c in captions)
