"""Names of what sounds: where the truth says, and learned by the network that is asked for them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from training_tiny import FLOW, scenes

from kling_foley_core.foley_world import make_scene, truth_of
from kling_foley_core.mmdit import MMDiT
from kling_foley_core.training.losses.auxiliary_classification import Namer, marks_of, names_in, spans_of
from kling_foley_core.training.parts.generator import Missing, features_of

FRAME = 1024 / 44100


def test_marks_lie_where_the_truth_says() -> None:
    seen = set()
    for seed in range(12):
        truth = truth_of(make_scene(seed, "train", 6.0))
        spans = spans_of(truth)
        names = names_in([spans])
        marks = marks_of(spans, names, 259)
        column = {name: marks[:, i].bool() for i, name in enumerate(names)}
        assert bool(column[f"room {truth.room}"].all())
        if truth.events:
            at = sorted({int(event.time / FRAME) for event in truth.events})
            assert column["impact"].nonzero().flatten().tolist() == at
            for event in truth.events:
                for name in (f"hit {event.kind}", f"of {event.material}"):
                    assert bool(
                        column[name][int(event.time / FRAME) : int((event.time + 0.15) / FRAME)].all()
                    )
        if truth.ambience is not None:
            heard = column[f"ambience {truth.ambience.kind}"]
            assert bool(heard[:150].all()) and bool(heard[-1]) == (truth.ambience.kind == "machine")
        for flow in truth.flows:
            sounding = torch.zeros(259, dtype=torch.bool)
            for start, end in flow.spans:
                sounding[int(start / FRAME) : int(end / FRAME)] = True
            assert bool(column[f"flow {flow.kind}"][sounding].all())
        seen |= {name.split()[0] for name in names}
    assert seen == {"room", "hit", "of", "impact", "flow", "ambience"}


def test_names_that_training_never_had_are_left_out() -> None:
    marks = marks_of([("hit gong", 0.0, 1.0), ("room dry", 0.0, 1.0)], ["room dry"], 10)
    assert marks.tolist() == [[1]] * 10


def test_half_of_a_frame_is_a_frame_and_an_instant_is_one() -> None:
    spans = [("a", 2.5 * FRAME, 4.5 * FRAME), ("b", 0.0, 0.0)]
    marks = marks_of(spans, ["a", "b"], 8)
    assert marks.T.tolist() == [[0, 0, 1, 1, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0]]


def test_the_network_learns_to_bring_what_only_the_text_tells() -> None:
    """The scene's name is in its text alone, all else is the same: it is named, and with another's text
    another is named."""
    torch.manual_seed(0)
    net, data = MMDiT(FLOW), scenes(seconds=(4,))
    namer = Namer(net, 5)
    batch = data.crops([(i, 0) for i in range(4)], 40)
    none = torch.zeros(4, dtype=torch.bool)
    x, t = torch.randn(1, batch.latent.shape[2], 4).expand(4, -1, -1), torch.zeros(4)
    optimiser = torch.optim.Adam([*net.parameters(), *namer.parameters()], lr=3e-3)

    def loss(text: torch.Tensor = batch.text) -> torch.Tensor:
        net(x, t, features_of(net, replace(batch, text=text), Missing(none, none, none)))
        return namer.loss(batch.marks, t).mean()

    first = loss().item()
    for _ in range(200):
        optimiser.zero_grad()
        loss().backward()
        optimiser.step()
    assert loss().item() < 0.3 * first < 0.8 * first < loss(batch.text.roll(1, 0)).item()


def test_the_loss_counts_less_where_the_noise_is_gone() -> None:
    net, data = MMDiT(FLOW), scenes()
    namer, batch = Namer(net, 5), data.crops([(0, 0), (0, 0)], 40)
    none = torch.zeros(2, dtype=torch.bool)
    t = torch.tensor([0.25, 1.0])
    net(torch.zeros(2, batch.latent.shape[2], 4), t, features_of(net, batch, Missing(none, none, none)))
    given = namer.loss(batch.marks, t)
    sure = torch.log1p(torch.exp(torch.tensor([-3.0, 3.0])))  # of a name that does not hold, of one that does
    assert given[1] == 0
    assert given[0].item() == pytest.approx(0.75 * float(3 * sure[0] + 2 * sure[1]), abs=0.02)
