"""Fits, charts, films and processes of the benchmarks, on what is known."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import numpy as np
import pytest
from alone import Alone, run_alone
from chart import LINE, PAPER, POINT, Panel, chart
from film import film
from growth import Fit, Points, fitted

from kling_foley_core.media.probe import probe
from kling_foley_core.media.reader import read_views
from kling_foley_core.media.views import FrameView

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_fit_finds_the_line_and_its_slope() -> None:
    fit = Fit.of([(x, 3.0 + 0.5 * x) for x in (4, 8, 16, 32, 600)])
    assert fit.base == pytest.approx(3.0) and fit.rate == pytest.approx(0.5)
    assert fit.at(10) == pytest.approx(8.0)
    assert 0.9 < fit.slope < 1.0, "the fixed part still counts at 16 s"


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_slope_is_the_power(power) -> None:
    assert Fit.of([(x, 0.1 * x**power) for x in (1, 2, 4, 8, 16, 32)]).slope == pytest.approx(power)


def test_fit_of_relative_errors() -> None:
    """Ten minutes that took a tenth longer do not lift the line off four seconds."""
    points = [(4, 5.0), (8, 9.0), (16, 17.0), (600, 1.1 * 601)]
    assert Fit.of(points).at(4) == pytest.approx(5.0, rel=0.1)


def test_panels_say_what_was_fitted(capsys) -> None:
    found = {x: Alone(0.0, 9.0, 2.0 * x, 999, 500) for x in (1, 2, 4, 8)}
    times, memory = fitted("sounds", "sound", found)
    assert "2 s a sound, slope 1.00" in times.title and "500 + " in memory.title
    assert "own memory" in capsys.readouterr().out


def test_points_are_measured_once_and_kept(tmp_path, monkeypatch) -> None:
    kept, asked = tmp_path / "a" / "growth.json", []
    monkeypatch.setattr(Points, "measured", lambda self, name: asked.append(name) or Alone(1, 2, 3, 4, 5))
    first = Points(tmp_path, kept)
    assert first.of(8, 2) == first.of(8, 2) == Points(tmp_path, kept).of(8, 2) == Alone(1, 2, 3, 4, 5)
    assert asked == ["8:2"]


def test_chart_has_points_and_a_line() -> None:
    panel = Panel("time", "seconds", [(1.0, 2.0), (10.0, 20.0), (100.0, 200.0)], lambda x: 2.0 * x)
    one, three = chart([panel]), chart([panel] * 3)
    assert three.size == (one.width, 2 * one.height), "two beside one another"
    colours = np.asarray(one).reshape(-1, 3)
    for colour in (POINT, LINE, PAPER):
        assert (colours == colour).all(axis=1).sum() > 50


def test_film_moves_and_is_as_long_as_asked(tmp_path) -> None:
    made = film(tmp_path / "a.mp4", 1.2, size=(160, 120))
    assert float(probe(made).duration) == pytest.approx(1.2, abs=0.01)
    frames = read_views(made, {"all": FrameView(25, 32, "stretch")}, seconds=1.2)["all"]
    assert len(frames) == 30 and (frames[1:] != frames[:-1]).flatten(1).any(dim=1).all()
    before = made.stat().st_mtime_ns
    assert film(made, 1.2).stat().st_mtime_ns == before, "made once"


def test_a_process_tells_its_seconds_and_its_memory(tmp_path) -> None:
    script = tmp_path / "child.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys, time
        sys.path.insert(0, {str(BENCHMARKS)!r})
        from alone import told
        def load():
            time.sleep(0.2)
            return lambda: (bytearray(200 << 20), time.sleep(0.3))
        print("what the reference prints")
        print(told(load))
        """)
    )
    found = run_alone([str(script)])
    assert 0.2 <= found.load and 0.3 <= found.wall and found.cpu < found.load + found.wall
    if os.path.exists("/proc/self/status"):
        assert found.peak >= 200 and found.own >= 200


def test_a_process_that_fails_says_why(tmp_path) -> None:
    script = tmp_path / "child.py"
    script.write_text("raise ValueError('no such film')")
    with pytest.raises(SystemExit, match="no such film"):
        run_alone([str(script)])
