"""The known part of a latent is held on its path; the strength says where the path is entered."""

from __future__ import annotations

import pytest
import torch

from kling_foley_core.errors import InputError
from kling_foley_core.flow import euler, holding, interpolate, time_grid


def test_the_known_part_ends_at_itself_and_the_network_sees_it_on_its_way() -> None:
    x0, x1 = torch.randn(2, 2, 6, 3, generator=torch.Generator().manual_seed(0)).unbind(0)
    anew = torch.tensor([0, 0, 1, 1, 0, 0], dtype=torch.bool)
    seen = []

    def velocity(x, t):
        seen.append((x - interpolate(x0, x1, t))[:, ~anew].abs().max())
        return torch.full_like(x, 2.0)

    out = euler(holding(velocity, x0, x1, anew), x0, time_grid(20))
    assert (out - x1)[:, ~anew].abs().max() < 1e-5 and len(seen) == 20 and max(seen) < 1e-5
    assert torch.allclose(out[:, anew], x0[:, anew] + 2, atol=1e-5)


@pytest.mark.parametrize(
    ("steps", "strength", "first"), [(20, 1.0, 0.0), (20, 0.6, 13 / 33), (4, 0.3, 9 / 13)]
)
def test_the_last_part_of_a_longer_schedule(steps, strength, first) -> None:
    """As ComfyUI's KSampler has it: int(steps / denoise) steps, of which the last ones are made."""
    times = time_grid(steps, strength=strength)
    assert len(times) == steps + 1 and times[-1] == 1 and times[0] == pytest.approx(first, abs=1e-6)
    assert times.diff().std() < 1e-6


def test_full_strength_is_the_grid_itself() -> None:
    assert torch.equal(time_grid(20, strength=1.0), torch.linspace(0, 1, 21))


@pytest.mark.parametrize("strength", [0, -1, 1.01, float("nan")])
def test_no_strength_outside(strength) -> None:
    with pytest.raises(InputError, match="strength"):
        time_grid(20, strength=strength)
