"""`kling-foley evaluate` refuses before the work what would fail after it, and writes whole files."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kling_foley_core.cli import evaluate
from kling_foley_core.errors import InputError
from kling_foley_core.evaluation.runners import world
from kling_foley_core.evaluation.runners.conditions import MODEL


def test_command_checks_before_the_work_and_writes_whole_files(tmp_path, monkeypatch, capsys) -> None:
    parser = argparse.ArgumentParser()
    evaluate.add_command(parser.add_subparsers())
    out = tmp_path / "numbers.json"
    place = ["--json", str(out), "--cache", str(tmp_path)]
    options = parser.parse_args(["evaluate", "world", "--clips", "2", *place, "--steps", "1"])
    for name, value, message in (
        ("json", tmp_path / "missing" / "numbers.json", "doesn't exist"),
        ("json", tmp_path, "is a folder"),
        ("clips", 1, "--clips 1: give 2"),
        ("steps", 0, "steps"),
        ("seed", -1, "seed is -1"),
        ("guidance", float("nan"), "guidance = nan"),
        ("pictures", Path(__file__), "--pictures .*test_evaluate"),
        ("cache", Path(__file__), "--cache .*test_evaluate"),
    ):
        with monkeypatch.context() as wrong, pytest.raises(InputError, match=message):
            wrong.setattr(options, name, value)
            options.run(options)
    measured = {MODEL: {"f1": 0.5}}
    of_all = {"conditions": measured, "intervals": {MODEL: {"f1": [0.25, 0.75]}}}
    found = {**of_all, "families": {"anvil": {"clips": 2, **of_all}}}
    printed_before = []

    def evaluate_(*_: object, steps: int, measured: Callable, **__: object) -> dict:
        measured(MODEL, of_all)
        printed_before.append(capsys.readouterr().out)
        return {**found, "steps": steps}

    monkeypatch.setattr(world, "evaluate", evaluate_)
    options.run(options)
    assert json.loads(out.read_text()) == {"model": "small", **found, "steps": 1}
    after = capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [out] and "anvil (2)" in after
    for printed in (*printed_before, after):
        assert [printed.count(figure) for figure in ("0.250", "0.500", "0.750")] == [1, 1, 1]
        assert printed.count("F1") == 1
