"""The sound is what the truth says: when, where, how loud, what pitch, which material, room and ambience."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from foley_scenes import RATE, band_levels, bare_scene, decibels, struck

from kling_foley_core.foley_world import make_scene, render_sound, truth_of
from kling_foley_core.foley_world.curve import steady
from kling_foley_core.foley_world.families.turning import CYCLES_PER_TURN
from kling_foley_core.foley_world.materials import BALL_MATERIALS
from kling_foley_core.foley_world.panning import pan_gains
from kling_foley_core.foley_world.scene import Ambience, Flow, Source
from kling_foley_core.foley_world.sound.modal import ring

HIT_FAMILIES = ("bounce", "collide", "anvil", "drum", "footsteps", "drops", "breaking", "xylophone")


def isolated(scene, quiet: float) -> list:
    """Events with nothing else in the `quiet` seconds before and the 60 ms after."""
    events = truth_of(scene).events
    return [
        e
        for e in events
        if all(f is e or not e.time - quiet - f.lasts < f.time < e.time + 0.06 for f in events)
        and e.time > 0.1
    ]


@pytest.mark.parametrize("family", HIT_FAMILIES)
def test_hits_begin_when_and_as_loud_as_the_truth_says(family: str) -> None:
    found = 0
    for seed in range(4):
        scene = make_scene(seed, "eval", seconds=5.0, family=family)
        sound = np.abs(render_sound(scene, dry=True)).astype(np.float64)
        total = np.sqrt((sound**2).sum(0))
        for event in isolated(scene, 0.3):
            at = round(event.time * RATE)
            around = total[at - 882 : at + 882]
            before = total[at - 2646 : at - 882].max()
            onset = int(np.argmax(around > before + 0.1 * (around.max() - before))) - 882
            assert abs(onset) / RATE < 0.002, (seed, event)
            if before < 0.02 * around.max() and event.time < 4.9:
                measured = 10 * np.log10(np.mean(total[at : at + RATE // 20] ** 2))
                assert abs(measured - event.loudness_db) < 2.0, (seed, event)
            found += 1
    assert found >= 4


@pytest.mark.parametrize(
    "kind, material",
    [
        *((kind, material) for kind in ("roll", "scrape") for material in ("metal", "wood", "stone")),
        ("wheel", "wood"), ("engine", "metal"), ("wind", "air"),
        *(("rain", on) for on in ("metal", "grass", "water")),
    ],
)  # fmt: skip
def test_a_flow_is_as_loud_as_the_truth_says(kind: str, material: str) -> None:
    flow = Flow(kind, material, steady(0.05), steady(0.5), steady(2.0 if kind != "engine" else 40.0))
    scene = bare_scene(sources=(Source("it", material, steady(0.0), steady(0.5), 1.0, flows=(flow,)),))
    (said,) = truth_of(scene).flows
    assert abs(decibels(render_sound(scene)[:, RATE:]) - said.loudness_db) < 1.0


@pytest.mark.parametrize("kind", ["rain", "wind", "traffic", "crickets", "crowd", "birds", "machine"])
def test_an_ambience_is_as_loud_as_the_truth_says(kind: str) -> None:
    """By the convention of hits and flows: the power of both channels together."""
    measured = []
    for seed in range(3):
        scene = replace(bare_scene(6.0, seed=seed), ambience=Ambience(kind, steady(0.05), steady(1.0)))
        measured.append(decibels(render_sound(scene)) - truth_of(scene).ambience.loudness_db)
    assert abs(np.mean(measured)) < (1.0 if kind in ("rain", "machine") else 2.0), measured


@pytest.mark.parametrize("x", [-0.9, -0.3, 0.0, 0.5, 0.95])
def test_pan_follows_the_picture(x: float) -> None:
    left, right = render_sound(bare_scene(sources=(struck("wood", x=x, depth=1.3),)))
    pan = (np.sum(right**2) - np.sum(left**2)) / (np.sum(right**2) + np.sum(left**2))
    assert abs(pan - np.sin(x * np.pi / 2)) < 0.01
    gains = pan_gains(np.array(x))
    assert np.isclose(gains[0] ** 2 + gains[1] ** 2, 1.0)


def test_a_moving_source_moves_in_the_sound() -> None:
    scene = make_scene(4, family="roll", seconds=6.0)
    left, right = render_sound(scene, dry=True).astype(np.float64)
    flow = truth_of(scene).flows[0]
    pans, places = [], []
    for k in np.flatnonzero(np.array(flow.envelope) > 0.3 * max(flow.envelope))[:-5:5]:
        piece = slice(k * 441, k * 441 + 2205)
        energy = np.sum(left[piece] ** 2), np.sum(right[piece] ** 2)
        pans.append((energy[1] - energy[0]) / sum(energy))
        places.append(np.sin(flow.x[k + 2] * np.pi / 2))
    assert len(pans) > 20 and np.corrcoef(pans, places)[0, 1] > 0.99


def test_far_is_quieter_and_harder_is_louder_and_brighter() -> None:
    near, far = (render_sound(bare_scene(sources=(struck("metal", depth=d),))) for d in (1.0, 1.5))
    assert 3.0 < decibels(near) - decibels(far) < 5.5
    scene = make_scene(2, family="drum")
    source = max(scene.sources, key=lambda s: len(s.hits))
    soft, hard = (
        render_sound(bare_scene(sources=(replace(source, hits=(replace(h, time=0.5),)),)))
        for h in (min(source.hits, key=lambda h: h.level), max(source.hits, key=lambda h: h.level))
    )
    assert decibels(hard) > decibels(soft) + 3
    assert _centroid(hard) > 1.1 * _centroid(soft)


def _centroid(sound: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(sound.sum(0))) ** 2
    return float((power * np.arange(len(power))).sum() / power.sum())


def test_pitch_follows_the_turning() -> None:
    checked = 0
    for seed in range(8):
        scene = make_scene(seed, family="wheel")
        if len(scene.sources) > 1:
            continue
        sound, flow = render_sound(scene, dry=True).sum(0), truth_of(scene).flows[0]
        wheel = next(a for a in scene.actors if a.look.shape in ("wheel", "flywheel"))
        for t in np.arange(0.5, 7.5, 0.5):
            turns = abs(wheel.angle.at(t + 0.005) - wheel.angle.at(t - 0.005)) / 0.01 / (2 * np.pi)
            said = flow.hertz[round(t * 100)]
            assert abs(said - CYCLES_PER_TURN[flow.kind] * turns) < 0.05 * said + 1.0
            near = flow.hertz[round(t * 100) - 12 : round(t * 100) + 13]
            if flow.kind == "wheel" and said > 120 and np.ptp(near) < 0.01 * said:
                piece = sound[int((t - 0.12) * RATE) : int((t + 0.12) * RATE)]
                power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 8 * RATE)) ** 2
                assert abs(np.argmax(power) / 8 - said) < 0.02 * said
                checked += 1
    assert checked >= 3


def test_silence_until_something_happens() -> None:
    for family in ("anvil", "drum", "bounce", "drops"):
        scene = replace(make_scene(5, family=family), ambience=None, room="hall")
        first = truth_of(scene).events[0].time
        sound = render_sound(scene)
        assert first > 0.2
        # The room's FFT leaves its rounding everywhere, 120 dB down.
        assert np.abs(sound[:, : int((first - 0.001) * RATE)]).max() < 1e-6 < np.abs(sound).max()


def test_materials_are_told_apart() -> None:
    rng = np.random.default_rng(0)

    def heard(material: str) -> np.ndarray:
        source = struck(
            material, level=0.1, hardness=rng.uniform(0.3, 1), size=rng.uniform(0.1, 0.19), time=0.0
        )
        scene = replace(bare_scene(sources=(source,)), seed=int(rng.integers(1 << 30)))
        return band_levels(render_sound(scene))

    means = np.stack([np.mean([heard(m) for _ in range(10)], axis=0) for m in BALL_MATERIALS])
    right = [
        int(np.argmin(((heard(m) - means) ** 2).sum(1))) == i
        for i, m in enumerate(BALL_MATERIALS)
        for _ in range(8)
    ]
    assert np.mean(right) >= 0.9


def test_rooms_ring_longer_the_larger_they_are() -> None:
    tails = {}
    for room in ("dry", "outside", "room", "hall"):
        sound = render_sound(replace(bare_scene(sources=(struck("stone", level=0.2, time=0.2),)), room=room))
        tails[room] = (
            decibels(sound[:, int(0.5 * RATE) : RATE]),
            decibels(sound[:, int(0.33 * RATE) : int(0.4 * RATE)]),
        )
    assert tails["dry"][0] < -120 and tails["outside"][0] < -120
    assert tails["hall"][0] > tails["room"][0] + 15
    assert tails["outside"][1] > -75  # its echoes come late, and then nothing


def test_ambience_sounds_only_when_said_and_ends_by_the_length() -> None:
    kinds = set()
    for seed in range(40):
        scene = make_scene(seed, "eval", family="stillness")
        sound = render_sound(scene)
        if scene.ambience is None:
            assert not sound.any()
            continue
        kinds.add(scene.ambience.kind)
        middle, end = decibels(sound[:, 3 * RATE : 5 * RATE]), decibels(sound[:, int(7.7 * RATE) :])
        assert -48 < middle < -28
        assert end < middle - (6 if scene.fade.kind == "whole" else 12)
    assert len(kinds) >= 5


def test_the_length_alone_moves_the_fade() -> None:
    for seed in range(30):
        short, long = (make_scene(seed, family="stillness", seconds=s) for s in (6.0, 12.0))
        if short.ambience is not None and short.ambience.kind == "wind":
            last = slice(int(5.7 * RATE), 6 * RATE)
            assert decibels(render_sound(short)[:, last]) < decibels(render_sound(long)[:, last]) - 10
            return
    raise AssertionError("no wind in 30 scenes")


def test_fast_ring_equals_the_plain_sum() -> None:
    rng = np.random.default_rng(1)
    hertz, t60, loud, phase = (rng.uniform(a, b, 9) for a, b in ((50, 9000), (0.05, 2), (0, 1), (0, 6)))
    time = np.arange(int(0.7 * RATE))[:, None] / RATE
    plain = (loud * np.sin(2 * np.pi * hertz * time + phase) * 1000 ** (-time / t60)).sum(1)
    assert np.abs(ring(hertz, t60, loud, phase, RATE, 0.7) - plain).max() < 1e-4
