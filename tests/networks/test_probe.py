"""The best of several runs, by a clock that is set."""

from __future__ import annotations

from kling_foley_core.networks import probe


def test_the_best_run_counts_and_calls_take_turns(monkeypatch) -> None:
    now, order = [0.0], []
    lasting = {"a": iter([9.0, 3.0, 5.0, *[4.0] * probe.RUNS]), "b": iter([1.0, *[2.0] * probe.RUNS])}
    monkeypatch.setattr(probe.time, "perf_counter", lambda: now[0])

    def call(name: str) -> None:
        order.append(name)
        now[0] += next(lasting[name])

    assert probe.quickest(lambda: call("a"), lambda: call("b")) == [3.0, 1.0]
    assert order == ["a", "b"] * probe.RUNS
