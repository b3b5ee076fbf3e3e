"""Labels of what sounds as targets for a latent's frames."""

from __future__ import annotations

import torch

from kling_foley_core.data.labels import frame_labels, label_names
from kling_foley_core.data.world import labels_of
from kling_foley_core.foley_world import make_scene, truth_of

FRAME = 1024 / 44100


def test_targets_lie_where_the_truth_says() -> None:
    seen = set()
    for seed in range(12):
        truth = truth_of(make_scene(seed, "train", 6.0))
        labels = labels_of(truth)
        names = label_names([labels])
        targets = frame_labels(labels, names, 259, 1 / FRAME)
        column = {name: targets[:, i].bool() for i, name in enumerate(names)}
        assert bool(column[f"room {truth.room}"].all())
        if truth.events:
            at = sorted({int(event.time / FRAME) for event in truth.events})
            assert column["impact"].nonzero().flatten().tolist() == at
            for event in truth.events:
                span = slice(int(event.time / FRAME), int((event.time + 0.15) / FRAME))
                assert bool(column[f"hit {event.kind}"][span].all())
                assert bool(column[f"of {event.material}"][span].all())
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
    labels = [("hit gong", 0.0, 1.0), ("room dry", 0.0, 1.0)]
    assert frame_labels(labels, ["room dry"], 10, 43.07).tolist() == [[1]] * 10


def test_half_of_a_frame_is_a_frame_and_an_instant_is_one() -> None:
    labels = [("a", 2.5 * FRAME, 4.5 * FRAME), ("b", 0.0, 0.0)]
    targets = frame_labels(labels, ["a", "b"], 8, 1 / FRAME)
    assert targets.T.tolist() == [[0, 0, 1, 1, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0]]
