"""Shared test set-up: one thread (many wait for each other on tiny tensors), a cache folder of its own for
every test, and the golden table after the run."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # so that tests can import golden_files

import torch  # noqa: E402
from golden_files import comparisons  # noqa: E402
from mmdit_golden import mmdit, mmdit_file  # noqa: E402, F401  (fixtures)

torch.set_num_threads(1)

CACHE = "KLING_FOLEY_CACHE"


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_session():
    """Also for fixtures of modules: no test touches the user's own cache."""
    with (
        tempfile.TemporaryDirectory(prefix="kling-foley-tests-") as folder,
        pytest.MonkeyPatch.context() as env,
    ):
        env.setenv(CACHE, str(Path(folder, "session")))
        yield Path(folder)


@pytest.fixture(autouse=True)
def cache_of_the_test(cache_of_the_session, monkeypatch):
    """Empty: a test finds nothing that another has encoded. Its folder is there when something is kept."""
    with tempfile.TemporaryDirectory(dir=cache_of_the_session) as folder:
        monkeypatch.setenv(CACHE, str(Path(folder, "cache")))
        yield Path(folder, "cache")


def pytest_terminal_summary(terminalreporter) -> None:
    """For each golden file, the comparison that came nearest to its tolerance."""
    if not comparisons:
        return
    terminalreporter.section("golden vectors: the tightest comparison of each file")
    terminalreporter.write_line(
        f"{'file':22s} {'compared':>8s}  {'tensor':38s} {'largest':>9s} {'mean':>9s} {'tolerance':>9s}"
    )
    for file in sorted({c[0] for c in comparisons}):
        rows = [c for c in comparisons if c[0] == file]
        _, tensor, largest, mean, tolerance, _ = max(rows, key=lambda c: c[2] / c[4] if c[4] else 0.0)
        terminalreporter.write_line(
            f"{file:22s} {len(rows):8d}  {tensor:38s} {largest:9.2e} {mean:9.2e} {tolerance:9.2e}"
        )
