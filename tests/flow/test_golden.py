"""Path, loss, guidance and solver against the reference's numbers, on the golden networks."""

from __future__ import annotations


import pytest
import torch
from golden_files import golden_json
from mmdit_golden import features, file, model  # noqa: F401

from kling_foley_core.flow import euler, flow_matching_loss, guided, interpolate, time_grid


@pytest.fixture(scope="module")
def length(file) -> int:  # noqa: F811
    return file.config["latent_seq_len"]


@torch.no_grad()
@pytest.mark.parametrize("weight", [4.5, 1.0, 0.5])
def test_guidance(file, model, length, weight) -> None:  # noqa: F811
    given = features(file)
    empty = given.without_video().with_text(None)
    v = guided(model, model.condition(given, length), model.condition(empty, length), weight)
    file.check(f"out.ode_cfg{weight}", v(file["in.latent"], torch.full((2,), 0.3)))


@torch.no_grad()
def test_negative_text(file, model, length) -> None:  # noqa: F811
    given = features(file)
    negative = given.without_video().with_text(file["in.negative_text_f"])
    v = guided(model, model.condition(given, length), model.condition(negative, length), 4.5)
    file.check("out.ode_cfg4.5_negative", v(file["in.latent"], torch.full((2,), 0.3)))


@torch.no_grad()
def test_branches_of_unequal_shape_run_apart(file, model, length) -> None:  # noqa: F811
    """A shorter negative text can't share a batch; the plain two-call twin gives the same field."""
    given = features(file)
    positive = model.condition(given, length)
    negative = model.condition(given.without_video().with_text(file["in.negative_text_f"][:, :7]), length)
    x, t = file["in.latent"], torch.full((2,), 0.3)
    want = 4.5 * model.velocity(x, t, positive) - 3.5 * model.velocity(x, t, negative)
    assert torch.allclose(guided(model, positive, negative, 4.5)(x, t), want, atol=1e-5)


@torch.no_grad()
def test_euler_states(file, model, length) -> None:  # noqa: F811
    given = features(file)
    empty = given.without_video().with_text(None)
    v = guided(model, model.condition(given, length), model.condition(empty, length), 4.5)
    states, seen = [file["in.latent"]], []
    times = time_grid(file.config["euler_steps"])
    for pair in zip(times[:-1], times[1:], strict=True):
        states.append(euler(v, states[-1], torch.stack(pair), lambda *done: seen.append(done)))
    file.check("out.euler_states", torch.stack(states))
    file.check("out.unnormalized", model.unnormalize(states[-1]))
    assert torch.equal(euler(v, file["in.latent"], times), states[-1]), "one run is the same as single steps"
    assert seen == [("sampling", 1, 1)] * 5


@torch.no_grad()
def test_backwards_from_data_to_prior(file, model, length) -> None:  # noqa: F811
    v = guided(model, model.condition(features(file), length), model.condition(features(file), length), 1.0)
    file.check("out.prior", euler(v, file["in.latent"], time_grid(file.config["euler_steps"]).flip(0)))


@torch.no_grad()
def test_path_and_loss(file, model) -> None:  # noqa: F811
    x0, x1, t = file["in.latent"], file["in.fm.x1"], file["in.t"]
    file.check("out.fm.xt", interpolate(x0, x1, t))
    file.check("out.fm.loss", flow_matching_loss(file["out.flow"], x0, x1))


def test_time_grids() -> None:
    for steps, want in golden_json("time_grid").items():
        assert torch.equal(time_grid(int(steps)), torch.tensor(want, dtype=torch.float32))


def test_no_steps_is_refused() -> None:
    with pytest.raises(ValueError, match="steps = 0.*20"):
        time_grid(0)


def test_noise_is_the_same_in_every_batch() -> None:
    from kling_foley_core.flow import noise

    alone = [noise(7 + i, 1, 4, 10) for i in range(3)]
    assert torch.equal(noise(7, 3, 4, 10), torch.cat(alone))
    assert not torch.equal(alone[0], alone[1])
    host = torch.randn((1, 4, 10), generator=torch.Generator().manual_seed(7))
    assert torch.equal(alone[0], host.transpose(1, 2)), "channels first, as the host draws"
