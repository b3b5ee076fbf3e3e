"""The best of a batch by figures worked out by hand; figures as text and as JSON."""

from __future__ import annotations

import json

import pytest
import torch
from mix_tones import noise

from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.measures.hits import Onsets
from kling_foley_core.evaluation.measures.table import MEASURES
from kling_foley_core.evaluation.takes import (
    TakeFigures,
    as_json,
    as_text,
    best_take,
    choices,
    take_figures,
)

RATE = 44100


def take(**figures: float | None) -> TakeFigures:
    named = {name.replace("_", " "): value for name, value in figures.items()}
    return TakeFigures(named, Onsets([0.123456789], [0.1]))


TAKES = [
    take(LUFS=-23.04, hits_F1=0.5, clicks=3.0, pan_r=None),
    take(LUFS=-31.0, hits_F1=0.75, clicks=0.0, pan_r=None),
    take(LUFS=-20.0, hits_F1=None, clicks=0.0, pan_r=None),
]


def test_what_can_be_chosen_by_are_figures_of_waves_with_a_direction() -> None:
    assert {"hits F1", "LUFS difference", "clicks", "movement agreement"} <= set(choices())
    assert not {"LUFS", "hits delay", "KL_PANNs", "DeSync"} & set(choices())


def test_every_figure_is_a_row_of_the_table_and_every_row_a_figure() -> None:
    from kling_foley_core.preview.motion import Movement

    wave, rows = noise(1, RATE), [m.name for m in MEASURES.values() if m.group == "signal"]
    moved = Movement(torch.zeros(25), (), 25.0)
    found = take_figures(wave, RATE, (wave, RATE), moved).figures
    assert set(found) == set(rows)
    alone = take_figures(wave, RATE, None, None).figures
    assert set(alone) == {name for name in rows if not MEASURES[name].needs}
    of_film = take_figures(wave, RATE, None, moved).figures
    assert set(of_film) - set(alone) == {n for n in rows if MEASURES[n].needs == {"film"}}


@pytest.mark.parametrize(("by", "best"), [("hits F1", 1), ("clicks", 1), ("pan r", 0)])
def test_the_best_by_either_direction_and_of_equals_the_first(by, best) -> None:
    assert best_take(TAKES, by) == best


def test_a_figure_that_was_not_measured_is_not_replaced() -> None:
    with pytest.raises(InputError, match="needs a reference.*or choose by one of hits F1, clicks|pan r"):
        best_take(TAKES, "envelope r")
    assert best_take(TAKES[:1], "envelope r") == 0, "of one there is nothing to choose"


def test_figures_as_a_table() -> None:
    lines = [line.split() for line in as_text(TAKES, 1).splitlines()]
    assert lines[0] == ["take", "0", "1*", "2"]
    assert lines[1] == ["hit", "F1", "0.50", "0.75", "-"]
    assert lines[2] == ["loudness,", "LUFS", "-23.0", "-31.0", "-20.0"]
    assert len({len(line) for line in as_text(TAKES, 1).splitlines()}) == 1, "columns"
    assert "*" not in as_text(TAKES[:1], 0)


def test_figures_as_json() -> None:
    said = json.loads(as_json(TAKES, 1, "hits F1", "球 on a floor"))
    assert (said["best"], said["chosen by"], said["prompt"]) == (1, "hits F1", "球 on a floor")
    assert said["takes"][0] == {
        "figures": {"LUFS": -23.04, "hits F1": 0.5, "clicks": 3.0, "pan r": None},
        "onsets": {"sound": [0.123457], "reference": [0.1]},
    }
    alone = TakeFigures({"LUFS": -23.456789}, Onsets([], None))
    (only,) = json.loads(as_json([alone], 0, "hits F1", ""))["takes"]
    assert only == {"figures": {"LUFS": -23.4568}, "onsets": {"sound": []}}
