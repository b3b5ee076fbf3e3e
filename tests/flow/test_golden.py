"""Path, loss, guidance and solver against the reference's numbers, on the golden networks."""

from __future__ import annotations

import pytest
import torch
from golden_files import golden_json
from mmdit_golden import features

from kling_foley_core.flow import euler, flow_matching_loss, guided, interpolate, time_grid


@pytest.fixture(scope="module")
def length(mmdit_file) -> int:
    return mmdit_file.config["latent_seq_len"]


@torch.no_grad()
@pytest.mark.parametrize("weight", [4.5, 1.0, 0.5])
def test_guidance(mmdit_file, mmdit, length, weight) -> None:
    given = features(mmdit_file)
    empty = given.without_video().with_text(None)
    v = guided(mmdit, mmdit.condition(given, length), mmdit.condition(empty, length), weight)
    mmdit_file.check(f"out.ode_cfg{weight}", v(mmdit_file["in.latent"], torch.full((2,), 0.3)))


@torch.no_grad()
def test_negative_text(mmdit_file, mmdit, length) -> None:
    given = features(mmdit_file)
    negative = given.without_video().with_text(mmdit_file["in.negative_text_f"])
    v = guided(mmdit, mmdit.condition(given, length), mmdit.condition(negative, length), 4.5)
    mmdit_file.check("out.ode_cfg4.5_negative", v(mmdit_file["in.latent"], torch.full((2,), 0.3)))


@torch.no_grad()
def test_branches_of_unequal_shape_run_apart(mmdit_file, mmdit, length) -> None:
    """A shorter negative text can't share a batch; the plain two-call twin gives the same field."""
    given = features(mmdit_file)
    positive = mmdit.condition(given, length)
    shorter = mmdit_file["in.negative_text_f"][:, :7]
    negative = mmdit.condition(given.without_video().with_text(shorter), length)
    x, t = mmdit_file["in.latent"], torch.full((2,), 0.3)
    want = 4.5 * mmdit.velocity(x, t, positive) - 3.5 * mmdit.velocity(x, t, negative)
    assert torch.allclose(guided(mmdit, positive, negative, 4.5)(x, t), want, atol=1e-5)


@torch.no_grad()
def test_euler_states(mmdit_file, mmdit, length) -> None:
    given = features(mmdit_file)
    empty = given.without_video().with_text(None)
    v = guided(mmdit, mmdit.condition(given, length), mmdit.condition(empty, length), 4.5)
    states, seen = [mmdit_file["in.latent"]], []
    times = time_grid(mmdit_file.config["euler_steps"])
    for pair in zip(times[:-1], times[1:], strict=True):
        states.append(euler(v, states[-1], torch.stack(pair), lambda *done: seen.append(done)))
    mmdit_file.check("out.euler_states", torch.stack(states))
    mmdit_file.check("out.unnormalized", mmdit.unnormalize(states[-1]))
    whole = euler(v, mmdit_file["in.latent"], times)
    assert torch.equal(whole, states[-1]), "one run is the same as single steps"
    assert seen == [("sampling", 1, 1)] * 5


@torch.no_grad()
def test_backwards_from_data_to_prior(mmdit_file, mmdit, length) -> None:
    conditions = mmdit.condition(features(mmdit_file), length)
    backwards = time_grid(mmdit_file.config["euler_steps"]).flip(0)
    v = guided(mmdit, conditions, conditions, 1.0)
    mmdit_file.check("out.prior", euler(v, mmdit_file["in.latent"], backwards))


@torch.no_grad()
def test_path_and_loss(mmdit_file, mmdit) -> None:
    x0, x1, t = mmdit_file["in.latent"], mmdit_file["in.fm.x1"], mmdit_file["in.t"]
    mmdit_file.check("out.fm.xt", interpolate(x0, x1, t))
    mmdit_file.check("out.fm.loss", flow_matching_loss(mmdit_file["out.flow"], x0, x1))


def test_time_grids() -> None:
    for steps, want in golden_json("time_grid").items():
        assert torch.equal(time_grid(int(steps)), torch.tensor(want, dtype=torch.float32))


def test_no_steps_is_refused() -> None:
    with pytest.raises(ValueError, match="steps = 0.*suits the solver"):
        time_grid(0)


def test_noise_is_the_same_in_every_batch() -> None:
    from kling_foley_core.flow import noise

    alone = [noise(7 + i, 1, 4, 10) for i in range(3)]
    assert torch.equal(noise(7, 3, 4, 10), torch.cat(alone))
    assert not torch.equal(alone[0], alone[1])
    host = torch.randn((1, 4, 10), generator=torch.Generator().manual_seed(7))
    assert torch.equal(alone[0], host.transpose(1, 2)), "channels first, as the host draws"
