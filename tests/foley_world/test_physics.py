"""Motion: bounces keep to gravity and restitution, collisions to momentum; energy only falls."""

from __future__ import annotations

import numpy as np

from kling_foley_core.foley_world import make_scene
from kling_foley_core.foley_world.materials import MATERIALS
from kling_foley_core.foley_world.physics import GRAVITY, bounce_height, bounces, collisions


def test_bounces_keep_to_gravity_and_restitution() -> None:
    path = bounces(0.3, 1.2, 0.7, 0.5)
    assert np.isclose(path.times[0], 0.3 + np.sqrt(2 * 1.2 / GRAVITY))
    assert np.allclose(np.diff(path.times), 2 * path.speeds[1:] / GRAVITY)
    assert np.allclose(path.speeds[1:] / path.speeds[:-1], 0.7)
    times = np.linspace(0, 6, 60001)
    height = bounce_height(path, 0.3, 1.2, 0.7, times)
    assert np.all(height[times < 0.3] == 1.2) and height.min() == 0.0
    assert np.abs(bounce_height(path, 0.3, 1.2, 0.7, path.times)).max() < 1e-9
    tops = [
        height[(times > a) & (times < b)].max() for a, b in zip(path.times[:-1], path.times[1:], strict=True)
    ]
    assert np.allclose(tops, (path.speeds[:-1] * 0.7) ** 2 / (2 * GRAVITY), atol=1e-6)


def test_balls_of_a_scene_bounce_as_their_material() -> None:
    checked = 0
    for seed in range(12):
        for source in make_scene(seed, family="bounce").sources:
            gaps = np.diff([hit.time for hit in source.hits])
            if len(gaps) > 1:
                assert np.allclose(gaps[1:] / gaps[:-1], MATERIALS[source.material].restitution)
                loud = [hit.level for hit in source.hits]
                assert all(a > b for a, b in zip(loud[:-1], loud[1:], strict=True))
                lowest = [source.height.at(hit.time) for hit in source.hits]
                assert np.ptp(lowest) < 0.01  # each contact is at the floor
                checked += 1
    assert checked > 8


def test_collisions_keep_momentum_and_lose_energy() -> None:
    x, v = np.array([-0.5, 0.0, 0.4]), np.array([0.9, -0.4, -0.8])
    radius, mass = np.array([0.05, 0.08, 0.06]), np.array([1.0, 4.0, 2.0])
    times = np.linspace(0, 8, 8001)
    paths, contacts = collisions(x, v, radius, mass, (-1.0, 1.0), 0.9, times)
    gaps = paths[1:] - paths[:-1] - (radius[1:] + radius[:-1])[:, None]
    assert gaps.min() > -1e-9  # nobody passes through anybody
    assert (paths[0] - radius[0]).min() > -1 - 1e-9 and (paths[-1] + radius[-1]).max() < 1 + 1e-9
    speed = np.diff(paths, axis=1) / np.diff(times)
    energy = (0.5 * mass[:, None] * speed**2).sum(0)
    meetings = np.array([c.time for c in contacts])
    clear = np.array([not np.any((meetings > a) & (meetings < a + 0.001)) for a in times[:-1]])
    assert np.all(np.diff(energy[clear]) < 1e-9)
    assert energy[clear][-1] < 0.8 * energy[0]
    before, after = speed[:, int(contacts[0].time * 1000) - 1], speed[:, int(contacts[0].time * 1000) + 1]
    assert contacts[0].second is not None and np.isclose((mass * before).sum(), (mass * after).sum())
